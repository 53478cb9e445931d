/**
 * Packs the objects that git streams into batches. A batch is a few dozen objects in one block of bytes. Workers give
 * the blocks back, and they are filled again. An object that is missing, or neither commit nor tag, ends the run.
 */

import type { ObjectType } from '../core/git/signed-object.ts';
import { tooLarge } from '../core/rejection.ts';
import { UsageError } from '../errors.ts';
import type { ObjectRequest, ReadObject } from '../git/objects.ts';
import type { KeptProof } from '../store/page.ts';
import type { Batch, BatchItem } from './judge.ts';

type Block = Uint8Array<ArrayBuffer>;

/** Most objects in a batch. A run of at most this many objects needs no workers. */
export const BATCH_OBJECTS = 64;
const BLOCK_BYTES = 256 * 1024;
const MAX_SPARE = 16;

/** Commits in a row whose evidence stands in one page of the store. */
export interface ProvedObjects {
  readonly requests: readonly ObjectRequest[];
  /** The proof of each. */
  readonly proofs: readonly KeptProof[];
}

/** What a batch is made of. */
export type Objects = readonly ReadObject[] | ProvedObjects;

export interface Batcher {
  /** Yields the batches of a stream, in its order. @throws UsageError NO_SUCH_OBJECT */
  readonly batches: (objects: AsyncIterable<Objects>) => AsyncGenerator<Batch>;
  /** Takes the block of a batch back when its bytes are no longer needed. */
  readonly release: (batch: Batch) => void;
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
  #used = 0;

  constructor(bytes: Block) {
    this.bytes = bytes;
  }

  /** Returns whether more bytes still fit. The first object always does. */
  takes(length: number): boolean {
    if (this.items.length === 0) return length <= this.bytes.length;
    return this.items.length < BATCH_OBJECTS && this.#used + length <= this.bytes.length;
  }

  put(object: ReadObject, raw: Uint8Array): void {
    const { request, frame } = object;
    const type = signable(object);
    const start = this.#used;
    this.bytes.set(raw, start);
    this.#used += raw.length;
    const preset = frame.kind === 'too-large' ? { preset: tooLarge(frame.size) } : {};
    this.items.push({ ...request, type, start, end: this.#used, ...preset });
  }

  batch(): Batch {
    const { bytes, items } = this;
    return { bytes, items };
  }
}

/** Returns proved objects as a batch. Its bytes are the page, which is not copied. */
function provedBatch({ requests, proofs }: ProvedObjects): Batch {
  const { bytes, shapes } = proofs[0]?.page ?? { bytes: new Uint8Array(), shapes: [] };
  const items: BatchItem[] = [];
  for (const [index, { shape, start, end, at }] of proofs.entries()) {
    const request = requests[index];
    if (request !== undefined)
      items.push({ ...request, type: 'commit', start, end, proof: { shape, at } });
  }
  return { bytes, items, shapes };
}

/** Returns a batcher for one run. `blockBytes`: the size of its blocks. A larger object gets a block of its own. */
export function createBatcher(blockBytes = BLOCK_BYTES): Batcher {
  const spare: Block[] = [];
  const block = (atLeast: number): Block =>
    (atLeast <= blockBytes ? spare.pop() : undefined) ??
    new Uint8Array(Math.max(atLeast, blockBytes));

  async function* batches(objects: AsyncIterable<Objects>): AsyncGenerator<Batch> {
    let filling = new Filling(block(0));
    for await (const group of objects) {
      if ('proofs' in group) {
        if (filling.items.length > 0) {
          yield filling.batch();
          filling = new Filling(block(0));
        }
        yield provedBatch(group);
        continue;
      }
      for (const object of group) {
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
        if (!filling.takes(raw.length)) {
          if (filling.items.length > 0) yield filling.batch();
          filling = new Filling(block(raw.length));
        }
        filling.put(object, raw);
      }
    }
    if (filling.items.length > 0) yield filling.batch();
  }

  const release = ({ bytes, shapes }: Batch): void => {
    // a page belongs to the store, which may read it again
    if (shapes !== undefined) return;
    if (bytes.length === blockBytes && spare.length < MAX_SPARE) spare.push(bytes);
  };
  return { batches, release };
}
