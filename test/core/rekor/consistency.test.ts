/** Consistency proofs and tiles against the sandbox's Merkle tree, which another hand wrote. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { ConsistencyError, Frontier, frontierOf } from '../../../src/core/rekor/consistency.ts';
import { leafHash } from '../../../src/core/rekor/inclusion.ts';
import {
  bundleLeaves,
  proofFromTiles,
  TileError,
  tilePath,
} from '../../../src/core/rekor/tiles.ts';
import { MerkleTree } from '../../../src/sandbox/rekor/merkle-tree.ts';
import { nodeCrypto as crypto } from '../../../src/system/crypto.ts';

const SIZE = 1100;
const tree = new MerkleTree();
const leaves = Array.from({ length: SIZE }, (_, index) => leafHash(crypto, utf8(`entry ${index}`)));
for (const leaf of leaves) tree.append(leaf);
const head = (size: number) => ({ size, root: tree.root(size) });
const sizes = fc
  .tuple(fc.integer({ min: 0, max: SIZE }), fc.integer({ min: 0, max: SIZE }))
  .map(([one, other]) => [Math.min(one, other), Math.max(one, other)] as const);

/** A tile as the sandbox's log serves it. */
const tile = async (level: number, index: number, width: number): Promise<Uint8Array> =>
  tree.nodes(8 * level, index * 256, index * 256 + width);

describe('a consistency proof', () => {
  it('holds for any two sizes of one tree, and gives a frontier that grows into the later tree', () => {
    fc.assert(
      fc.property(sizes, ([first, second]) => {
        const proof = tree.consistencyProof(first, second);
        const frontier = frontierOf(crypto, head(first), head(second), proof);
        if (first === second) return;
        expect(frontier.size).toBe(first);
        for (const leaf of leaves.slice(first, second)) frontier.append(leaf);
        expect(Buffer.from(frontier.root())).toEqual(tree.root(second));
      }),
    );
  });

  it('made of tiles is the one that the log would give (M01)', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async ([first, second]) => {
        const made = await proofFromTiles(crypto, first, second, tile);
        expect(made.map((hash) => Buffer.from(hash))).toEqual(tree.consistencyProof(first, second));
      }),
    );
  });

  it('with one changed bit, one hash too few or too many, or another root is refused (M01)', () => {
    const proof = tree.consistencyProof(700, 1000);
    const good = () => frontierOf(crypto, head(700), head(1000), proof);
    expect(good().size).toBe(700);
    const flipped = Buffer.from(proof[2] as Uint8Array);
    flipped[0] = (flipped[0] ?? 0) ^ 1;
    const bad = [
      proof.with(2, flipped),
      proof.slice(1),
      proof.slice(0, -1),
      [...proof, flipped],
      [],
    ];
    for (const hashes of bad) {
      expect(() => frontierOf(crypto, head(700), head(1000), hashes)).toThrow(ConsistencyError);
    }
    const other = { size: 700, root: tree.root(701) };
    expect(() => frontierOf(crypto, other, head(1000), proof)).toThrow(ConsistencyError);
    const later = { size: 1000, root: tree.root(999) };
    expect(() => frontierOf(crypto, head(700), later, proof)).toThrow(ConsistencyError);
  });

  it('does not let a log shrink, or have two roots of one size (M01, M02)', () => {
    expect(() => frontierOf(crypto, head(9), head(8), [])).toThrow(ConsistencyError);
    const other = { size: 8, root: tree.root(9) };
    expect(() => frontierOf(crypto, head(8), other, [])).toThrow(ConsistencyError);
  });
});

describe('a frontier', () => {
  it('from nothing has the root of every size', () => {
    const frontier = new Frontier(crypto);
    expect(Buffer.from(frontier.root())).toEqual(tree.root(0));
    for (const [index, leaf] of leaves.slice(0, 300).entries()) {
      frontier.append(leaf);
      expect(Buffer.from(frontier.root())).toEqual(tree.root(index + 1));
    }
  });
});

describe('a tile', () => {
  it('has the path that the specification gives it', () => {
    expect(tilePath(0, 7)).toBe('tile/0/007');
    expect(tilePath('entries', 1234067)).toBe('tile/entries/x001/x234/067');
    expect(tilePath(2, 1000, 12)).toBe('tile/2/x001/000.p/12');
  });

  it('of entries that ends within an entry is refused, and a whole one is cut (M03)', () => {
    const bundle = () => Buffer.from('0003616263000001ff', 'hex');
    expect(bundleLeaves(bundle(), 2).map((leaf) => Buffer.from(leaf).toString('hex'))).toEqual([
      '00616263',
      '00',
    ]);
    expect(() => bundleLeaves(bundle(), 3)).toThrow(TileError);
    expect(() => bundleLeaves(bundle().subarray(0, 4), 1)).toThrow(TileError);
    expect(() => bundleLeaves(bundle().subarray(0, 6), 2)).toThrow(TileError);
  });
});
