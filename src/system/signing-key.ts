/**
 * Makes the key of one login: ECDSA P-256, in memory only, never exported. It uses WebCrypto, which every runtime has
 * without loading a module.
 */

import { encodeEcdsaSignature } from '../core/cms/der-writer.ts';

export interface SigningKey {
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** ECDSA with SHA-256, DER (RFC 3279 §2.2.3). */
  readonly sign: (data: Uint8Array) => Promise<Uint8Array>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;

/** Generates a key. Its private part cannot be exported. */
export async function generateSigningKey(): Promise<SigningKey> {
  const { subtle } = globalThis.crypto;
  const pair = await subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
  return {
    spki: new Uint8Array(await subtle.exportKey('spki', pair.publicKey)),
    sign: async (data) => {
      const raw = await subtle.sign(
        { name: 'ECDSA', hash: 'SHA-256' },
        pair.privateKey,
        new Uint8Array(data),
      );
      return encodeEcdsaSignature(new Uint8Array(raw));
    },
  };
}
