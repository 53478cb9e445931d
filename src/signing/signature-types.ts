/** The types of one signature: its request and its result. */

import type { SignatureCreated } from '../core/git/gpg-status.ts';
import type { SigningTools } from './tools.ts';

/** A payload, and everything that is needed to sign it. */
export interface SigningTask extends SigningTools {
  readonly payload: Uint8Array;
}

/** A signature that verifies. */
export interface VerifiedSignature extends SignatureCreated {
  /** The armor of a signature for git, or the bundle of a statement. */
  readonly signature: string;
  readonly identity: string;
  /** Decimal, or '' if it is in no log. */
  readonly logIndex: string;
  readonly freshLogin: boolean;
}
