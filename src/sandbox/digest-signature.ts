/**
 * Verifies an ECDSA signature over a digest: all that a log is shown of what was signed.
 * node:crypto only hashes the message itself, so the curves come from @noble/curves.
 */

import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { certificatePem } from './fulcio/certificates.ts';

const CURVES = { prime256v1: p256, secp384r1: p384, secp521r1: p521 } as const;

function curveOf(key: KeyObject) {
  const name = key.asymmetricKeyDetails?.namedCurve ?? '';
  return name in CURVES ? CURVES[name as keyof typeof CURVES] : undefined;
}

/** The uncompressed point of an EC key. */
function pointOf(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return Buffer.concat([
    Buffer.from([4]),
    Buffer.from(x, 'base64url'),
    Buffer.from(y, 'base64url'),
  ]);
}

/** True when the DER signature over the digest holds. Keys other than P-256, P-384 and P-521 verify nothing. */
export function verifyDigest(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  const curve = curveOf(key);
  if (curve === undefined) return false;
  try {
    return curve.verify(signature, digest, pointOf(key), {
      prehash: false,
      format: 'der',
      lowS: false,
    });
  } catch {
    return false;
  }
}

/** A verifier as clients send it: a certificate or a bare key. */
export interface Verifier {
  readonly key: KeyObject;
  /** Set if it is a certificate. */
  readonly certificate?: X509Certificate | undefined;
}

/** Reads a certificate or public key in PEM, or undefined for anything else. */
export function readVerifier(pem: string): Verifier | undefined {
  try {
    if (!pem.includes('-----BEGIN CERTIFICATE-----')) return { key: createPublicKey(pem) };
    const certificate = new X509Certificate(pem);
    return { key: certificate.publicKey, certificate };
  } catch {
    return undefined;
  }
}

/** Returns a verifier's PEM in the only spelling that a log keeps. */
export const canonicalPem = ({ key, certificate }: Verifier): string =>
  certificate === undefined
    ? key.export({ type: 'spki', format: 'pem' }).toString()
    : certificatePem(certificate.raw);
