/** One signature: what it is asked for with, and what was made. */

import type { SignatureCreated } from '../core/git/gpg-status.ts';
import type { SigningTools } from './tools.ts';

/** Everything that one signature is asked for with. */
export interface Signing extends SigningTools {
  readonly payload: Uint8Array;
}

/** A signature that verifies. */
export interface Made extends SignatureCreated {
  readonly armor: string;
  readonly identity: string;
  /** Decimal; '' where there is no entry. */
  readonly logIndex: string;
  readonly freshLogin: boolean;
}
