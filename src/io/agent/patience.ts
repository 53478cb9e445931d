/** How long client and agent wait for each other, in seconds: every wait ends (threat O18). */

import type { Settings } from '../config.ts';
import { longestLogin } from '../oidc/patience.ts';

/** What a person has to agree to a forwarded signature. */
export const AGREEING_SECONDS = 60;

/** Beyond the longest login, for what its program does before and after. */
const LEASE_GRACE = 120;

/**
 * Requests between a login and a signature, at most: three of the issuer for a renewal, two of Fulcio; two of the log
 * and one of the timestamp authority, all of them once more where the log's answer was lost. Each ends by signet.timeout.
 */
const REQUESTS = 3 + 2 + 2 * (2 + 1);

/** What a login may take before somebody else is asked for it. */
export function leaseOf({ loginTimeout }: Pick<Settings, 'loginTimeout'>): number {
  return longestLogin(loginTimeout) + LEASE_GRACE;
}

/** How long a client waits for what the agent says that it is at. */
export interface Patience {
  readonly signature: number;
  /** Beyond that, once it has said that it waits for one of these. */
  readonly login: number;
  readonly agreement: number;
}

/** By this side's settings: an agent has no say in how long it is waited for. */
export function patienceOf(settings: Pick<Settings, 'loginTimeout' | 'timeout'>): Patience {
  const signature = REQUESTS * settings.timeout;
  return { signature, login: leaseOf(settings), agreement: AGREEING_SECONDS };
}
