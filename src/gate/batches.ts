/**
 * Packs the objects that git streams into batches. A batch is a few dozen objects in one block of bytes. Workers give
 * the blocks back, and they are filled again. An object that is missing, or neither commit nor tag, ends the run.
 */

import type { ObjectType } from '../core/git/signed-object.ts';
import { tooLarge } from '../core/rejection.ts';
import { UsageError } from '../errors.ts';
import type { ReadObject } from '../git/objects.ts';
import type { Batch, BatchItem } from './judge.ts';

type Block = Uint8Array<ArrayBuffer>;

/** Most objects in a batch. A run of at most this many objects needs no workers. */
export const BATCH_OBJECTS = 64;
const BLOCK_BYTES = 256 * 1024;
const MAX_SPARE = 16;

export interface Batcher {
  /** Yields the batches of a stream, in its order. @throws UsageError NO_SUCH_OBJECT */
  readonly batches: (objects: AsyncIterable<readonly ReadObject[]>) => AsyncGenerator<Batch>;
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

/** Returns a batcher for one run. `blockBytes`: the size of its blocks. A larger object gets a block of its own. */
export function createBatcher(blockBytes = BLOCK_BYTES): Batcher {
  const spare: Block[] = [];
  const block = (atLeast: number): Block =>
    (atLeast <= blockBytes ? spare.pop() : undefined) ??
    new Uint8Array(Math.max(atLeast, blockBytes));

  async function* batches(objects: AsyncIterable<readonly ReadObject[]>): AsyncGenerator<Batch> {
    let bytes = block(0);
    let items: BatchItem[] = [];
    let used = 0;
    for await (const group of objects) {
      for (const object of group) {
        const type = signable(object);
        const { request, frame } = object;
        const raw = frame.kind === 'object' ? frame.raw : new Uint8Array();
        const own = frame.kind === 'object' ? frame.own : undefined;
        if (own !== undefined) {
          if (items.length > 0) yield { bytes, items };
          const start = raw.byteOffset - own.byteOffset;
          yield { bytes: own, items: [{ ...request, type, start, end: start + raw.length }] };
          bytes = block(0);
          items = [];
          used = 0;
          continue;
        }
        if (items.length >= BATCH_OBJECTS || (used > 0 && used + raw.length > bytes.length)) {
          yield { bytes, items };
          bytes = block(raw.length);
          items = [];
          used = 0;
        }
        if (raw.length > bytes.length) bytes = block(raw.length);
        bytes.set(raw, used);
        const preset = frame.kind === 'too-large' ? { preset: tooLarge(frame.size) } : {};
        items.push({ ...request, type, start: used, end: used + raw.length, ...preset });
        used += raw.length;
      }
    }
    if (items.length > 0) yield { bytes, items };
  }

  const release = (bytes: Block): void => {
    if (bytes.length === blockBytes && spare.length < MAX_SPARE) spare.push(bytes);
  };
  return { batches, release };
}
