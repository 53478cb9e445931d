/** How long client and agent wait for each other, in seconds: every wait ends (threat O18). */

import { longestLogin } from '../../login/patience.ts';
import type { Settings } from '../../settings/load.ts';

/** For a new agent to come up. */
export const START_SECONDS = 15;

/**
 * For the agent's first words. It says them as soon as it is connected to, within milliseconds, so five seconds would do
 * for one that is well. But giving up too early costs a person a login, waiting too long a few seconds that are said: so
 * twice that, for a machine that has just woken up or has the agent to fetch back from its swap, and for an SSH connection
 * that lost its way for a moment.
 */
export const GREETING_SECONDS = 10;

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
  readonly turn: number;
}

/** By this side's settings: an agent has no say in how long it is waited for. */
export function patienceOf(settings: Pick<Settings, 'loginTimeout' | 'timeout'>): Patience {
  const signature = REQUESTS * settings.timeout;
  return { signature, login: leaseOf(settings), agreement: AGREEING_SECONDS, turn: signature };
}
