/** Tells the reader when an old trust root, and not the signer, may be the cause of a refusal. */

import { plural } from '../core/plural.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import type { Outcome, ReasonCode } from '../core/verdict.ts';

const DAY = 86_400;

/** Refusals that a newer trust root might lift, because it may know more servers. */
const UNKNOWN: ReadonlySet<string> = new Set<ReasonCode>([
  'log-unknown',
  'issuer-untrusted',
  'timestamp-untrusted',
  'sct-invalid',
  'no-trust-material',
]);

/** Returns true if the trust root did not know the server that vouches. */
export function isMatterOfTrust(verdict: Outcome): boolean {
  return 'code' in verdict && UNKNOWN.has(verdict.code);
}

/** A root of one Sigstore never learns the servers of another, however often it is updated. */
const ANOTHER = 'made by another Sigstore? trust it with: git signet trust init --mirror URL';

/**
 * Returns the hints for such a verdict: the age of the trust root, unless it was fetched within a day, and the command
 * for a signature of another Sigstore. Returns none if the trust root is a file. `now` is in Unix seconds.
 */
export function trustRemedies(
  { mirror }: Pick<TrustMaterial, 'mirror'>,
  now: number,
): readonly string[] {
  if (mirror === undefined) return [];
  const next = 'git signet trust update fetches the newest one';
  if (mirror.refreshed === undefined) {
    return [`the trust root is the built-in one, and ${next}`, ANOTHER];
  }
  const days = Math.floor((now - mirror.refreshed) / DAY);
  if (days < 1) return [ANOTHER];
  return [`the trust root is ${plural(days, 'day')} old, and ${next}`, ANOTHER];
}
