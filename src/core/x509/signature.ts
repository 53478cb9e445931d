/** One way to check a signature: the DER of ECDSA is read strictly before any library sees it. */

import { DerError, readEcdsaSignature } from '../cms/der.ts';
import type { Crypto, HashAlgorithm, PublicKey } from '../crypto.ts';

/** Octets of r and of s for each curve. */
const SCALAR: Readonly<Record<string, number>> = { p256: 32, p384: 48, p521: 66 };

/** True when the signature holds; false, never an exception, for values that are malformed or out of range. */
export async function signatureHolds(
  crypto: Crypto,
  key: PublicKey,
  hash: HashAlgorithm,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const size = SCALAR[key.kind];
  if (size !== undefined && !isEcdsaSignature(signature, size)) return false;
  return crypto.verify(key, hash, data, signature);
}

function isEcdsaSignature(signature: Uint8Array, size: number): boolean {
  try {
    readEcdsaSignature(signature, size);
    return true;
  } catch (error) {
    if (error instanceof DerError) return false;
    throw error;
  }
}
