import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { leafHash, MerkleTree, nodeHash } from '../../../src/sandbox/rekor/merkle-tree.ts';
import { consistencyHolds } from '../../support/consistency.ts';

/** RFC 6962 §2.1, word for word: the slow way that the tree must agree with. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return createHash('sha256').digest();
  if (leaves.length === 1) return leafHash(leaves[0]!);
  const k = split(leaves.length);
  return nodeHash(treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

function path(m: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return m < k
    ? [...path(m, leaves.slice(0, k)), treeHash(leaves.slice(k))]
    : [...path(m - k, leaves.slice(k)), treeHash(leaves.slice(0, k))];
}

function subproof(m: number, leaves: readonly Buffer[], whole: boolean): Buffer[] {
  if (m === leaves.length) return whole ? [] : [treeHash(leaves)];
  const k = split(leaves.length);
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), whole), treeHash(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), treeHash(leaves.slice(0, k))];
}

const leaves = Array.from({ length: 40 }, (_, i) => Buffer.from(`leaf ${i}`));
const hex = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('hex'));

function grown(size: number): MerkleTree {
  const tree = new MerkleTree();
  for (const leaf of leaves.slice(0, size)) tree.append(leafHash(leaf));
  return tree;
}

describe('the Merkle tree', () => {
  it('the tree has the root that RFC 6962 gives, at every size, also for earlier sizes', () => {
    const full = grown(leaves.length);
    for (let size = 0; size <= leaves.length; size += 1) {
      const expected = treeHash(leaves.slice(0, size)).toString('hex');
      expect(grown(size).root().toString('hex')).toBe(expected);
      expect(full.root(size).toString('hex')).toBe(expected);
    }
  });

  it('the tree gives every inclusion proof of every size', () => {
    const full = grown(leaves.length);
    for (let size = 1; size <= leaves.length; size += 1) {
      for (let index = 0; index < size; index += 1) {
        expect(hex(full.inclusionProof(index, size))).toEqual(
          hex(path(index, leaves.slice(0, size))),
        );
      }
    }
  });

  it('the tree gives every consistency proof', () => {
    const full = grown(leaves.length);
    for (let second = 1; second <= leaves.length; second += 1) {
      for (let first = 1; first <= second; first += 1) {
        const expected = subproof(first, leaves.slice(0, second), true);
        expect(hex(full.consistencyProof(first, second))).toEqual(hex(expected));
      }
    }
  });

  it('a verifier takes the consistency proofs, and takes them for no other sizes', () => {
    const full = grown(leaves.length);
    for (let second = 2; second <= leaves.length; second += 1) {
      for (let first = 1; first < second; first += 1) {
        const [root1, root2] = [full.root(first), full.root(second)];
        const proof = full.consistencyProof(first, second);
        const told = { root1, root2, proof, size1: BigInt(first), size2: BigInt(second) };
        expect(consistencyHolds(told)).toBe(true);
        expect(consistencyHolds({ ...told, root1: root2 })).toBe(false);
        expect(consistencyHolds({ ...told, size1: told.size1 + 1n })).toBe(false);
      }
    }
  });

  it('leaves and sizes that do not exist are refused', () => {
    const tree = grown(3);
    expect(() => tree.inclusionProof(3)).toThrow(RangeError);
    expect(() => tree.inclusionProof(0, 4)).toThrow(RangeError);
    expect(() => tree.root(4)).toThrow(RangeError);
    expect(() => tree.consistencyProof(3, 2)).toThrow(RangeError);
  });
});
