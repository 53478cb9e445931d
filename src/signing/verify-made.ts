/** Verifies each new signature as any verifier would, before git sees it. */

import { createEvidenceCache } from '../core/evidence-cache.ts';
import { payloadKind } from '../core/git/payload-kind.ts';
import type { TransparencyLogEntry } from '../core/rekor/log-entry.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import type { Verdict } from '../core/verdict.ts';
import { verifyDetached } from '../core/verify.ts';
import { once } from '../system/once.ts';
import { type DailyOptions, trustForSigning } from '../trust/daily.ts';
import { loadTrust } from '../trust/load.ts';
import { formFor } from './forms.ts';

export interface MadeOptions extends DailyOptions {
  /** True if signatures are meant to be in no log. */
  readonly unlogged: boolean;
}

/** Verifies new signatures. The checks of a certificate are done once for all of them. */
export interface MadeVerifier {
  /** Reads the trust root, once. @throws ConfigError, ServiceError, AnswerError */
  readonly trust: () => Promise<TrustMaterial>;
  /**
   * Verifies a signature before it is logged, to do the checks early that need no time. It decides nothing and never
   * rejects.
   */
  readonly ahead: (payload: Uint8Array, signature: Uint8Array) => Promise<void>;
  /** Verifies a signature. `entry` is the log entry, if the signature does not embed it. @throws ConfigError, ServiceError, AnswerError */
  readonly verify: (
    payload: Uint8Array,
    signature: Uint8Array,
    entry?: TransparencyLogEntry,
  ) => Promise<Verdict>;
}

export function openMadeVerifier(options: MadeOptions): MadeVerifier {
  const { settings, crypto, now, unlogged } = options;
  const cache = createEvidenceCache();
  const trust = once(() => trustForSigning(options));
  return {
    trust,
    ahead: async (payload, signature) => {
      try {
        await verifyDetached(payload, signature, {
          crypto,
          trust: await trust(),
          now: now(),
          cache,
        });
      } catch {
        // a bad trust root is reported when the signature is verified
      }
    },
    verify: async (payload, signature, entry) => {
      const form = await formFor(payloadKind(payload), payload);
      const judge = (by: TrustMaterial): Promise<Verdict> =>
        form.verify(payload, signature, { crypto, trust: by, now: now(), cache, unlogged }, entry);
      const known = await trust();
      const verdict = await judge(known);
      if (verdict.status === 'verified' || known.mirror === undefined) return verdict;
      // the trust root may have been refreshed during the login
      const newer = await loadTrust(settings, crypto);
      return newer.digest === known.digest ? verdict : judge(newer);
    },
  };
}
