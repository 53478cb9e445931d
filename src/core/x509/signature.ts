/** Checks signatures. The DER of ECDSA is read strictly before any library sees it. */

import { cursor, DerError, type DerNode, expectDer, readIntegerBytes, Tag } from '../cms/der.ts';
import type { Crypto, HashAlgorithm, PublicKey } from '../crypto.ts';

/** Octets of r and of s for each curve. */
const SCALAR: Readonly<Record<string, number>> = { p256: 32, p384: 48, p521: 66 };

/** Returns true if the signature verifies. Malformed or out-of-range values give false, never an exception. */
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
    readScalars(signature, size);
    return true;
  } catch (error) {
    if (error instanceof DerError) return false;
    throw error;
  }
}

/** Returns the two integers without leading zeros. @throws DerError as `readEcdsaSignature` */
function readScalars(der: Uint8Array, size: number): { r: Uint8Array; s: Uint8Array } {
  const fields = cursor(expectDer(der, Tag.sequence), 2);
  const r = scalar(fields.next(Tag.integer), size);
  const s = scalar(fields.next(Tag.integer), size);
  fields.end();
  return { r, s };
}

function scalar(node: DerNode, size: number): Uint8Array {
  const bytes = readIntegerBytes(node);
  if ((bytes[0] ?? 0) >= 0x80) throw new DerError('negative scalar');
  const value = bytes[0] === 0 ? bytes.subarray(1) : bytes;
  if (value.length === 0 || value.length > size) throw new DerError('scalar out of range');
  return value;
}

function padded(value: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  out.set(value, size - value.length);
  return out;
}

/**
 * Returns the two integers of an ECDSA signature (RFC 3279 §2.2.3), left-padded to `size` octets. Each must be positive
 * and have at most `size` octets. @throws DerError for zero, negative or oversized values, or trailing bytes
 */
export function readEcdsaSignature(
  der: Uint8Array,
  size: number,
): { r: Uint8Array; s: Uint8Array } {
  const { r, s } = readScalars(der, size);
  return { r: padded(r, size), s: padded(s, size) };
}
