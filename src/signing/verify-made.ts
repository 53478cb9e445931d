/** What every signature goes through before git sees it, whoever made it: the checks of any verifier. */

import { createEvidenceCache } from '../core/evidence-cache.ts';
import type { TransparencyLogEntry } from '../core/rekor/log-entry.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import type { Verdict } from '../core/verdict.ts';
import { verifyDetached } from '../core/verify.ts';
import { once } from '../system/once.ts';
import { type DailyOptions, trustForSigning } from '../trust/daily.ts';
import { loadTrust } from '../trust/store.ts';

export interface MadeOptions extends DailyOptions {
  /** What is made is in no log, as it should. */
  readonly unlogged: boolean;
}

/** Verifies what was just made; what one signature proved of a certificate, the next need not. */
export interface MadeVerifier {
  /** The trust root, read when it is first asked for, and once. @throws ConfigError, ServiceError, AnswerError */
  readonly trust: () => Promise<TrustMaterial>;
  /**
   * Verifies what is there of a signature that the log does not hold yet: what no time changes is known then. Never
   * rejects, and decides nothing.
   */
  readonly ahead: (payload: Uint8Array, armor: Uint8Array) => Promise<void>;
  /** `entry`: the one that the signature does not embed. @throws ConfigError, ServiceError, AnswerError */
  readonly verify: (
    payload: Uint8Array,
    armor: Uint8Array,
    entry?: TransparencyLogEntry,
  ) => Promise<Verdict>;
}

export function openMadeVerifier(options: MadeOptions): MadeVerifier {
  const { settings, crypto, now, unlogged } = options;
  const cache = createEvidenceCache();
  const trust = once(() => trustForSigning(options));
  return {
    trust,
    ahead: async (payload, armor) => {
      try {
        await verifyDetached(payload, armor, { crypto, trust: await trust(), now: now(), cache });
      } catch {
        // the trust root is no good: that is said when the signature is there
      }
    },
    verify: async (payload, armor, entry) => {
      const judge = (by: TrustMaterial): Promise<Verdict> =>
        verifyDetached(payload, armor, { crypto, trust: by, now: now(), cache, unlogged }, entry);
      const known = await trust();
      const verdict = await judge(known);
      if (verdict.status === 'verified' || known.mirror === undefined) return verdict;
      // it may have been refreshed beside the login
      const newer = await loadTrust(settings, crypto);
      return newer.digest === known.digest ? verdict : judge(newer);
    },
  };
}
