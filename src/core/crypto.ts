/**
 * The crypto port: the functions of a cryptographic library that the core needs.
 * Implementations: system/crypto.ts (node:crypto), system/crypto-bun.ts (WebCrypto and Bun's hasher).
 */

export type HashAlgorithm = 'sha1' | 'sha256' | 'sha384' | 'sha512';

/** A public key that the core understands, still as SubjectPublicKeyInfo DER (RFC 5280 §4.1). */
export interface PublicKey {
  readonly kind: 'p256' | 'p384' | 'p521' | 'ed25519' | 'rsa';
  readonly spki: Uint8Array;
}

export interface Crypto {
  /** Digest of the concatenation of the chunks. */
  readonly hash: (algorithm: HashAlgorithm, ...chunks: readonly Uint8Array[]) => Uint8Array;
  /**
   * Returns true if `signature` over `data` verifies under `key`. An ECDSA signature is DER (RFC 3279 §2.2.3) that the
   * caller has read strictly. RSA is PKCS #1 v1.5. Ed25519 ignores `hash`.
   * A key that cannot be used gives false, never an exception.
   */
  readonly verify: (
    key: PublicKey,
    hash: HashAlgorithm,
    data: Uint8Array,
    signature: Uint8Array,
  ) => boolean | Promise<boolean>;
}
