import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { equal, fromBase64 } from '../../../src/core/bytes.ts';
import { rootFromInclusionProof } from '../../../src/core/rekor/inclusion.ts';
import { Refusal } from '../../../src/core/verdict.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';
import { consistencyHolds } from '../../support/consistency.ts';
import type { Json } from '../../support/forge.ts';

const read = (name: string): readonly Json[] =>
  JSON.parse(readFileSync(new URL(`../../vectors/merkle/${name}.json`, import.meta.url), 'utf8'));
const bytes = (text: string | null): Uint8Array => fromBase64(text ?? '') ?? new Uint8Array();
const rows = (list: readonly Json[]) =>
  list.map((one) => [one.wantErr ? 'refused' : 'accepted', one.file, one] as const);

const inclusion = read('inclusion');
const consistency = read('consistency');

/** The proof leads from this leaf to this root. */
function inclusionHolds({ leafIdx, treeSize, root, leafHash, proof }: Json): boolean {
  try {
    const found = rootFromInclusionProof(
      nodeCrypto,
      bytes(leafHash),
      BigInt(leafIdx),
      BigInt(treeSize),
      proof.map(bytes),
    );
    return equal(found, bytes(root));
  } catch (error) {
    if (error instanceof Refusal && error.code === 'inclusion-proof-invalid') return false;
    throw error;
  }
}

describe('inclusion proofs of transparency-dev/merkle (R06)', () => {
  it('of the 98 inclusion proofs 6 hold', () => {
    expect([inclusion.length, inclusion.filter(({ wantErr }) => !wantErr).length]).toEqual([98, 6]);
  });
  it.each(rows(inclusion))('%s: %s', (_, _file, one) => {
    expect(inclusionHolds(one)).toBe(!one.wantErr);
  });
});

// no part of the program verifies consistency: the verifier is the one that the sandbox's proofs are judged with
describe('consistency proofs of transparency-dev/merkle', () => {
  it('of the 98 consistency proofs 6 hold', () => {
    const good = consistency.filter(({ wantErr }) => !wantErr);
    expect([consistency.length, good.length]).toEqual([98, 6]);
  });
  it.each(rows(consistency))('%s: %s', (_, _file, one) => {
    const { size1, size2, root1, root2, proof } = one;
    const hashes = { root1: bytes(root1), root2: bytes(root2), proof: proof.map(bytes) };
    const sizes = { size1: BigInt(size1), size2: BigInt(size2) };
    expect(consistencyHolds({ ...sizes, ...hashes })).toBe(!one.wantErr);
  });
});
