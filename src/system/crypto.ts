/** The crypto port on node:crypto: synchronous, which is what batch workers want. */

import { createHash, createPublicKey, hash as hashOnce, type KeyObject, verify } from 'node:crypto';
import { concat } from '../core/bytes.ts';
import type { Crypto, HashAlgorithm, PublicKey } from '../core/crypto.ts';

const MAX_KEYS = 64;
const MAX_SEEN = 1024;
const keys = new Map<string, KeyObject>();
const seen = new Set<string>();

/** Keys of logs and authorities recur and are kept; those of leaves come once, and must not push the others out. */
function keyObject({ spki }: PublicKey): KeyObject {
  const id = Buffer.from(spki.buffer, spki.byteOffset, spki.byteLength).toString('latin1');
  const known = keys.get(id);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  if (!seen.has(id)) {
    if (seen.size >= MAX_SEEN) seen.clear();
    seen.add(id);
  } else if (keys.size < MAX_KEYS) {
    keys.set(id, key);
  }
  return key;
}

/** Bytes from which on chunks are not joined before they are hashed: the copy costs more than it saves. */
const LONG = 1024 * 1024;

/** One call over joined chunks takes two thirds of the time of a hash object. */
function hash(algorithm: HashAlgorithm, ...chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length > 1 && chunks.some(({ length }) => length > LONG)) {
    const long = createHash(algorithm);
    for (const chunk of chunks) long.update(chunk);
    return long.digest();
  }
  const [only] = chunks;
  const data = chunks.length === 1 && only !== undefined ? only : concat(...chunks);
  return hashOnce(algorithm, data, 'buffer');
}

export const nodeCrypto: Crypto = {
  hash,
  verify: (key, algorithm, data, signature) => {
    try {
      return verify(key.kind === 'ed25519' ? null : algorithm, data, keyObject(key), signature);
    } catch {
      // a key off its curve or of an odd shape: no signature holds under it
      return false;
    }
  },
};
