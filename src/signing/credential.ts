/**
 * What a login leads to, and what is made with it. A credential is one key and the certificate that a CA gave for it;
 * it is bound to the identity in that certificate, never to a name that somebody gave it (threat D09).
 */

import type { TransparencyLogEntry } from '../core/rekor/log-entry.ts';
import type { Signer } from '../core/verdict.ts';
import type { Certificate } from '../core/x509/certificate.ts';
import type { SigningKey } from '../system/signing-key.ts';

export interface Credential {
  readonly key: SigningKey;
  readonly certificate: Certificate;
  readonly signer: Signer;
}

export interface MadeSignature {
  readonly armor: string;
  /** Lower-case hex. */
  readonly certificateSha1: string;
  /** Unix seconds, as signed. */
  readonly signingTime: number;
  readonly identity: string;
  readonly issuer: string;
  /** Decimal; '' where it is in no log. */
  readonly logIndex: string;
  /** ECDSA, as OpenPGP numbers it. */
  readonly publicKeyAlgorithm: 19;
  /** The CA's signature hash, as OpenPGP numbers it: what gitsign prints in SIG_CREATED. */
  readonly certificateHashAlgorithm: 8 | 9 | 10;
  /** The entry, for verifying a signature that does not embed it; absent where it is in no log. */
  readonly logEntry?: TransparencyLogEntry | undefined;
}
