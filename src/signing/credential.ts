/**
 * A credential is a key and the certificate that a CA issued for it. It belongs to the identity in that certificate, and
 * to no other name (threat D09).
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
  /** The armor of a signature for git, or the bundle of a statement. */
  readonly signature: string;
  /** Lower-case hex. */
  readonly certificateSha1: string;
  /** Unix seconds, as signed. */
  readonly signingTime: number;
  readonly identity: string;
  readonly issuer: string;
  /** Decimal, or '' if it is in no log. */
  readonly logIndex: string;
  /** OpenPGP's number for ECDSA. */
  readonly publicKeyAlgorithm: 19;
  /** OpenPGP's number for the hash of the CA's signature. gitsign prints it in SIG_CREATED too. */
  readonly certificateHashAlgorithm: 8 | 9 | 10;
  /** The log entry, for a signature that does not embed it. Absent if it is in no log. */
  readonly logEntry?: TransparencyLogEntry | undefined;
}
