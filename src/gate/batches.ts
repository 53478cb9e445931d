/**
 * Packs the objects that git streams into batches. A batch is a few dozen objects in one block of bytes. Workers give
 * the blocks back, and they are filled again. An object that is missing, or neither commit nor tag, ends the run.
 */

import type { ObjectType } from '../core/git/signed-object.ts';
import { tooLarge } from '../core/rejection.ts';
import { UsageError } from '../errors.ts';
import type { ObjectRequest, ReadObject } from '../git/objects.ts';
import type { ProvedCommit } from '../store/page.ts';
import type { Batch, BatchItem } from './judge.ts';

type Block = Uint8Array<ArrayBuffer>;

/** Most objects in a batch. A run of at most this many objects needs no workers. */
export const BATCH_OBJECTS = 64;
const BLOCK_BYTES = 256 * 1024;
const MAX_SPARE = 16;

/** The part of a batch that a proved object takes. Nothing about it is computed but what a policy says. */
const PROVED_SHARE = 1 / 16;

/** A commit whose evidence the store holds. */
export interface ProvedObject {
  readonly request: ObjectRequest;
  readonly proved: ProvedCommit;
}

export interface Batcher {
  /** Yields the batches of a stream, in its order. @throws UsageError NO_SUCH_OBJECT */
  readonly batches: (
    objects: AsyncIterable<readonly (ReadObject | ProvedObject)[]>,
  ) => AsyncGenerator<Batch>;
  /** Takes a block back when its bytes are no longer needed. */
  readonly release: (bytes: Block) => void;
}

function signable({ request, frame }: ReadObject): ObjectType {
  const name = request.ref ?? request.id;
  if (frame.kind === 'missing') {
    throw new UsageError(`${name}: git has no such object, or cannot read it`, {
      code: 'NO_SUCH_OBJECT',
    });
  }
  if (frame.type !== 'commit' && frame.type !== 'tag') {
    const what = `${name} is a ${frame.type}, and only commits and tags carry signatures`;
    throw new UsageError(what, { code: 'NO_SUCH_OBJECT' });
  }
  return frame.type;
}

/** A batch that is not full yet. */
class Filling {
  readonly bytes: Block;
  readonly items: BatchItem[] = [];
  readonly #shapes: string[] = [];
  #used = 0;
  #load = 0;

  constructor(bytes: Block) {
    this.bytes = bytes;
  }

  /** Returns whether more bytes and their share of a batch still fit. The first object always does. */
  takes(length: number, share: number): boolean {
    if (this.items.length === 0) return length <= this.bytes.length;
    return this.#load + share <= BATCH_OBJECTS && this.#used + length <= this.bytes.length;
  }

  #put(bytes: Uint8Array): number {
    const at = this.#used;
    this.bytes.set(bytes, at);
    this.#used += bytes.length;
    return at;
  }

  read(object: ReadObject, raw: Uint8Array): void {
    const { request, frame } = object;
    const type = signable(object);
    const start = this.#put(raw);
    const preset = frame.kind === 'too-large' ? { preset: tooLarge(frame.size) } : {};
    this.items.push({ ...request, type, start, end: this.#used, ...preset });
    this.#load += 1;
  }

  proved({ request, proved: { payload, numbers, shape } }: ProvedObject): void {
    const start = this.#put(payload);
    const end = this.#used;
    const at = this.#put(numbers);
    const known = this.#shapes.lastIndexOf(shape);
    const index = known === -1 ? this.#shapes.push(shape) - 1 : known;
    this.items.push({ ...request, type: 'commit', start, end, proof: { shape: index, at } });
    this.#load += PROVED_SHARE;
  }

  batch(): Batch {
    const { bytes, items } = this;
    return this.#shapes.length === 0 ? { bytes, items } : { bytes, items, shapes: this.#shapes };
  }
}

/** Returns a batcher for one run. `blockBytes`: the size of its blocks. A larger object gets a block of its own. */
export function createBatcher(blockBytes = BLOCK_BYTES): Batcher {
  const spare: Block[] = [];
  const block = (atLeast: number): Block =>
    (atLeast <= blockBytes ? spare.pop() : undefined) ??
    new Uint8Array(Math.max(atLeast, blockBytes));

  async function* batches(
    objects: AsyncIterable<readonly (ReadObject | ProvedObject)[]>,
  ): AsyncGenerator<Batch> {
    let filling = new Filling(block(0));
    for await (const group of objects) {
      for (const object of group) {
        if ('proved' in object) {
          const { payload, numbers } = object.proved;
          const length = payload.length + numbers.length;
          if (!filling.takes(length, PROVED_SHARE)) {
            if (filling.items.length > 0) yield filling.batch();
            filling = new Filling(block(length));
          }
          filling.proved(object);
          continue;
        }
        const type = signable(object);
        const { request, frame } = object;
        const raw = frame.kind === 'object' ? frame.raw : new Uint8Array();
        const own = frame.kind === 'object' ? frame.own : undefined;
        if (own !== undefined) {
          if (filling.items.length > 0) yield filling.batch();
          const start = raw.byteOffset - own.byteOffset;
          yield { bytes: own, items: [{ ...request, type, start, end: start + raw.length }] };
          filling = new Filling(block(0));
          continue;
        }
        if (!filling.takes(raw.length, 1)) {
          if (filling.items.length > 0) yield filling.batch();
          filling = new Filling(block(raw.length));
        }
        filling.read(object, raw);
      }
    }
    if (filling.items.length > 0) yield filling.batch();
  }

  const release = (bytes: Block): void => {
    if (bytes.length === blockBytes && spare.length < MAX_SPARE) spare.push(bytes);
  };
  return { batches, release };
}
