/** What every signature goes through before git sees it, whoever made it: the checks of any verifier. */

import type { Crypto } from '../core/crypto.ts';
import type { TransparencyLogEntry } from '../core/rekor/log-entry.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import type { Verdict } from '../core/verdict.ts';
import { verifyDetached } from '../core/verify.ts';

export interface VerifyMade {
  readonly crypto: Crypto;
  readonly trust: Promise<TrustMaterial>;
  /** It is in no log, as it should. */
  readonly unlogged?: boolean;
  /** Unix seconds. */
  readonly now: () => number;
}

/** `entry`: the one that the signature does not embed. */
export async function verifyMade(
  payload: Uint8Array,
  armor: Uint8Array,
  { crypto, trust, now, unlogged = false }: VerifyMade,
  entry?: TransparencyLogEntry,
): Promise<Verdict> {
  return verifyDetached(
    payload,
    armor,
    { crypto, trust: await trust, now: now(), unlogged },
    entry,
  );
}
