/**
 * Checks a log's proofs about an entry: inclusion (RFC 6962 §2.1.1) under a checkpoint that the log signed, and its
 * promise (signed entry timestamp). Only the promise proves integratedTime.
 */

import { equal, toBase64, toHex, utf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { remembered } from '../remembered.ts';
import type { TrustedLog } from '../trust/trust-material.ts';
import { Refusal } from '../verdict.ts';
import { signatureHolds } from '../x509/signature.ts';
import { checkCheckpoint, readCheckpoint } from './checkpoint.ts';
import type { InclusionProof, TransparencyLogEntry } from './log-entry.ts';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** Returns the hash of one leaf: SHA-256(0x00 ‖ body) (RFC 6962 §2.1). */
export function leafHash(crypto: Crypto, body: Uint8Array): Uint8Array {
  return crypto.hash('sha256', LEAF, body);
}

/** Returns the hash of a node: SHA-256(0x01 ‖ left ‖ right) (RFC 6962 §2.1). */
export function nodeHash(crypto: Crypto, left: Uint8Array, right: Uint8Array): Uint8Array {
  return crypto.hash('sha256', NODE, left, right);
}

/**
 * Returns the root that an audit path leads to (RFC 9162 §2.1.3.2, the same tree as RFC 6962).
 * @throws Refusal `inclusion-proof-invalid` if index, size and number of hashes cannot belong together
 */
export function rootFromInclusionProof(
  crypto: Crypto,
  leaf: Uint8Array,
  index: bigint,
  treeSize: bigint,
  hashes: readonly Uint8Array[],
): Uint8Array {
  if (index < 0n || index >= treeSize) throw proofInvalid('the index is outside the tree');
  if (leaf.length !== 32) throw proofInvalid('the leaf hash is not 32 octets');
  let position = index;
  let last = treeSize - 1n;
  let root = leaf;
  for (const hash of hashes) {
    if (hash.length !== 32) throw proofInvalid('a hash is not 32 octets');
    if (last === 0n) throw proofInvalid('the proof is too long');
    if (position % 2n === 1n || position === last) {
      root = nodeHash(crypto, hash, root);
      while (position % 2n === 0n && position !== 0n) {
        position /= 2n;
        last /= 2n;
      }
    } else {
      root = nodeHash(crypto, root, hash);
    }
    position /= 2n;
    last /= 2n;
  }
  if (last !== 0n) throw proofInvalid('the proof is too short');
  return root;
}

function proofInvalid(detail: string): Refusal {
  return new Refusal('inclusion-proof-invalid', detail);
}

/** Returns true if the proof is about this body, under the proof's own root hash, which is not yet a signed one. */
export function provesBody(crypto: Crypto, proof: InclusionProof, body: Uint8Array): boolean {
  const root = rootFromInclusionProof(
    crypto,
    leafHash(crypto, body),
    proof.logIndex,
    proof.treeSize,
    proof.hashes,
  );
  return equal(root, proof.rootHash);
}

/**
 * Checks that the proof's root is in a checkpoint that the log signed. A proof without a signed checkpoint proves nothing
 * (GHSA-jp26-88mw-89qr). `seen` remembers notes by their exact text, log and trust root (`scope`).
 * @throws Refusal `inclusion-proof-invalid`, `checkpoint-invalid`
 */
export async function checkSignedRoot(
  proof: InclusionProof,
  log: TrustedLog,
  crypto: Crypto,
  seen?: { readonly notes: Map<string, Promise<void>>; readonly scope: string },
): Promise<void> {
  const checkpoint = readCheckpoint(proof.checkpoint);
  if (!equal(checkpoint.rootHash, proof.rootHash) || checkpoint.treeSize !== proof.treeSize) {
    throw proofInvalid('the proof and the checkpoint belong to different trees');
  }
  const check = (): Promise<void> => checkCheckpoint(checkpoint, log, crypto);
  if (seen === undefined) return check();
  return remembered(seen.notes, `${seen.scope} ${log.id} ${proof.checkpoint}`, check);
}

/** Returns the canonical JSON that a signed entry timestamp covers. */
export function promiseSignedData(entry: TransparencyLogEntry, body: Uint8Array): Uint8Array {
  return utf8(
    `{"body":"${toBase64(body)}","integratedTime":${entry.integratedTime},"logID":"${toHex(entry.logId)}","logIndex":${entry.logIndex}}`,
  );
}

/**
 * Checks that the log promised, over these exact bytes, that it took the entry in at integratedTime.
 * @throws Refusal `inclusion-promise-invalid`
 */
export async function checkInclusionPromise(
  entry: TransparencyLogEntry,
  promise: Uint8Array,
  body: Uint8Array,
  log: TrustedLog,
  crypto: Crypto,
): Promise<void> {
  if (!(await signatureHolds(crypto, log.key, 'sha256', promiseSignedData(entry, body), promise))) {
    throw new Refusal('inclusion-promise-invalid', 'the signed entry timestamp does not verify');
  }
}
