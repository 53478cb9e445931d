/** The types of a signature's form. The kind of the payload decides it (forms.ts). */

import type { Crypto } from '../core/crypto.ts';
import type { EvidenceContext } from '../core/evidence.ts';
import type { TransparencyLogEntry } from '../core/rekor/log-entry.ts';
import type { Verdict } from '../core/verdict.ts';
import type { LoggedEnvelope } from '../services/rekor-append.ts';

/** The signed bytes and the signature over them. */
export interface Signed {
  readonly signedBytes: Uint8Array;
  /** DER ECDSA. */
  readonly signature: Uint8Array;
}

/** A signature that is ready for the log, with a timestamp if one is needed. */
export interface Stamped extends Signed {
  readonly timestampToken?: Uint8Array;
}

export interface SignatureForm {
  /** Returns what is signed for this payload. `signingTime` in Unix seconds. */
  readonly signedBytes: (payload: Uint8Array, signingTime: number, crypto: Crypto) => Uint8Array;
  /** Writes the signature as it is stored. */
  readonly write: (
    signed: Stamped,
    certificateDer: Uint8Array,
    logEntry?: TransparencyLogEntry,
  ) => string;
  /** Returns the envelope for a log that takes envelopes. Absent for a form that has none. */
  readonly envelope?: (signed: Signed) => LoggedEnvelope;
  /** Verifies a signature in this form. `found` is a log entry that it does not embed. */
  readonly verify: (
    payload: Uint8Array,
    signature: Uint8Array,
    context: EvidenceContext,
    found?: TransparencyLogEntry,
  ) => Promise<Verdict>;
}
