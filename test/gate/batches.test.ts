import { describe, expect, it } from 'vitest';
import { createBatcher, type Objects } from '../../src/gate/batches.ts';
import { readPage, writePage } from '../../src/store/page.ts';
import { idOf, proved } from '../support/store/proofs.ts';

async function* inOrder(objects: readonly Objects[]): AsyncGenerator<Objects> {
  yield* objects;
}

describe('batches of proved and new objects', () => {
  it('keep their order, and a page of the store is not written over after its release (H1)', async () => {
    const bytes = new Uint8Array(writePage([proved(1), proved(2)]));
    const before = bytes.slice();
    const page = readPage(bytes, 20);
    const requests = [1, 2].map((number) => ({ id: idOf(number) }));
    const proofs = [...page.proofs.values()];
    const raw = Buffer.alloc(40, 0xff);
    const frame = { kind: 'object', id: idOf(3), type: 'commit', raw } as const;
    const read = [{ request: { id: idOf(3) }, frame }];
    // a page that has the length of a block
    const batcher = createBatcher(bytes.length);
    const ids: string[] = [];
    for await (const batch of batcher.batches(
      inOrder([{ requests, proofs }, read, { requests, proofs }, read]),
    )) {
      ids.push(...batch.items.map(({ id }) => id));
      if (batch.shapes !== undefined) batcher.release(batch);
    }
    expect(ids).toEqual([1, 2, 3, 1, 2, 3].map(idOf));
    expect(bytes).toEqual(before);
  });
});
