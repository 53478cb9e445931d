/** When a verdict may be the trust root's age and not the signer's fault, it is said, with what to do. */

import type { TrustMaterial } from '../core/trust/trust-material.ts';
import type { Outcome, ReasonCode } from '../core/verdict.ts';

const DAY = 86_400;

/** Refusals that a newer trust root might not make: somebody vouches whom this one does not know. */
const UNKNOWN: ReadonlySet<string> = new Set<ReasonCode>([
  'log-unknown',
  'issuer-untrusted',
  'timestamp-untrusted',
  'sct-invalid',
  'no-trust-material',
]);

/** True where the trust root did not know who vouches. */
export function isMatterOfTrust(verdict: Outcome): boolean {
  return 'code' in verdict && UNKNOWN.has(verdict.code);
}

/** What may help, for such a verdict; undefined where the trust root is a file, or was fetched within a day. */
export function trustRemedy(
  { mirror }: Pick<TrustMaterial, 'mirror'>,
  now: number,
): string | undefined {
  if (mirror === undefined) return undefined;
  const next = 'git signet trust update fetches the newest';
  if (mirror.refreshed === undefined) return `the trust root is the one built in; ${next}`;
  const days = Math.floor((now - mirror.refreshed) / DAY);
  return days < 1
    ? undefined
    : `the trust root is ${days} ${days === 1 ? 'day' : 'days'} old; ${next}`;
}
