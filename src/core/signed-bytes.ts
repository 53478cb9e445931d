/** A signature of any kind with the bytes that it is over: signed attributes of a CMS, or an encoded statement. */

import type { Crypto } from './crypto.ts';
import { Refusal } from './verdict.ts';
import type { Certificate } from './x509/certificate.ts';
import { signatureHolds } from './x509/signature.ts';

/** A signature, and the bytes that it is over. Log entry and timestamp are about these bytes and this signature. */
export interface SignedBytes {
  readonly signedBytes: Uint8Array;
  /** DER ECDSA. */
  readonly signature: Uint8Array;
  readonly certificate: Certificate;
  /** An RFC 3161 token over the signature. */
  readonly timestampToken: Uint8Array | undefined;
}

/** Checks the signature by the key of the certificate, over the bytes exactly as received. @throws Refusal `signature-invalid` */
export async function checkSignature(
  { certificate, signedBytes, signature }: SignedBytes,
  crypto: Crypto,
): Promise<void> {
  const { publicKey } = certificate;
  const holds =
    publicKey !== undefined &&
    (await signatureHolds(crypto, publicKey, 'sha256', signedBytes, signature));
  if (!holds) throw new Refusal('signature-invalid', 'the signature does not verify');
}
