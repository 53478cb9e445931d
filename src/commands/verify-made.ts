/** What every signature goes through before git sees it, whoever made it: the checks of any verifier. */

import type { Crypto } from '../core/crypto.ts';
import type { EvidenceCache } from '../core/evidence-cache.ts';
import type { TransparencyLogEntry } from '../core/rekor/log-entry.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import type { Verdict } from '../core/verdict.ts';
import { verifyDetached } from '../core/verify.ts';

export interface VerifyMade {
  readonly crypto: Crypto;
  /** Read when it is first asked for, and once. */
  readonly trust: () => Promise<TrustMaterial>;
  /** What was found out while others were at work. */
  readonly cache: EvidenceCache;
  /** It is in no log, as it should. */
  readonly unlogged?: boolean;
  /** The trust root as it is now: it may have been refreshed beside the login. */
  readonly newerTrust: () => Promise<TrustMaterial>;
  /** Unix seconds. */
  readonly now: () => number;
}

/** What is asked for once, when it is first asked for; a failure waits for whoever looks. */
export function once<T>(read: () => Promise<T>): () => Promise<T> {
  let known: Promise<T> | undefined;
  return () => {
    if (known === undefined) {
      known = read();
      known.catch(() => undefined);
    }
    return known;
  };
}

/**
 * Verifies what is there of a signature that the log does not hold yet: what no time changes is in the cache then.
 * Never rejects, and decides nothing: `verifyMade` judges.
 */
export async function verifyAhead(
  payload: Uint8Array,
  armor: Uint8Array,
  { crypto, trust, now, cache }: VerifyMade,
): Promise<void> {
  try {
    await verifyDetached(payload, armor, { crypto, trust: await trust(), now: now(), cache });
  } catch {
    // the trust root is no good: that is said when the signature is there
  }
}

/** `entry`: the one that the signature does not embed. */
export async function verifyMade(
  payload: Uint8Array,
  armor: Uint8Array,
  { crypto, trust, newerTrust, now, cache, unlogged = false }: VerifyMade,
  entry?: TransparencyLogEntry,
): Promise<Verdict> {
  const judge = (by: TrustMaterial): Promise<Verdict> =>
    verifyDetached(payload, armor, { crypto, trust: by, now: now(), cache, unlogged }, entry);
  const known = await trust();
  const verdict = await judge(known);
  if (verdict.status === 'verified' || known.mirror === undefined) return verdict;
  const newer = await newerTrust();
  return newer.digest === known.digest ? verdict : judge(newer);
}
