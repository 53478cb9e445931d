/** A verifier of consistency proofs (RFC 9162 §2.1.4.2, the tree of RFC 6962), for proofs that the sandbox's logs make. */

import { equal } from '../../src/core/bytes.ts';
import { nodeHash } from '../../src/core/rekor/inclusion.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';

export interface ConsistencyProof {
  readonly size1: bigint;
  readonly size2: bigint;
  readonly root1: Uint8Array;
  readonly root2: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** True when the tree of `size2` begins with the tree of `size1`. Nothing is proved of an empty tree. */
export function consistencyHolds({ size1, size2, root1, root2, proof }: ConsistencyProof): boolean {
  if (size1 <= 0n || size2 < size1) return false;
  if (size1 === size2) return proof.length === 0 && equal(root1, root2);
  // a complete tree is its own first hash, which the proof then leaves out
  const complete = (size1 & (size1 - 1n)) === 0n;
  const [first, ...rest] = complete ? [root1, ...proof] : proof;
  if (first === undefined || proof.length === 0) return false;
  let [position, last] = [size1 - 1n, size2 - 1n];
  for (; position % 2n === 1n; last /= 2n) position /= 2n;
  let [older, newer] = [first, first];
  for (const hash of rest) {
    if (last === 0n) return false;
    if (position % 2n === 1n || position === last) {
      older = nodeHash(nodeCrypto, hash, older);
      newer = nodeHash(nodeCrypto, hash, newer);
      for (; position % 2n === 0n && position !== 0n; last /= 2n) position /= 2n;
    } else {
      newer = nodeHash(nodeCrypto, newer, hash);
    }
    position /= 2n;
    last /= 2n;
  }
  return last === 0n && equal(older, root1) && equal(newer, root2);
}
