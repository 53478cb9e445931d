/** Tells the reader when an old trust root, and not the signer, may be the cause of a refusal. */

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

/** Returns the hint for such a verdict, or undefined if the trust root is a file or was fetched within a day. */
export function trustRemedy(
  { mirror }: Pick<TrustMaterial, 'mirror'>,
  now: number,
): string | undefined {
  if (mirror === undefined) return undefined;
  const next = 'git signet trust update fetches the newest one';
  if (mirror.refreshed === undefined) return `the trust root is the built-in one, and ${next}`;
  const days = Math.floor((now - mirror.refreshed) / DAY);
  return days < 1
    ? undefined
    : `the trust root is ${days} ${days === 1 ? 'day' : 'days'} old, and ${next}`;
}
