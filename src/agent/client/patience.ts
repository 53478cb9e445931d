/** How long client and agent wait for each other, in seconds. Every wait ends (threat O18). */

import { longestLogin } from '../../login/patience.ts';
import type { Settings } from '../../settings/load.ts';

/** For a new agent to come up. */
export const START_SECONDS = 15;

/**
 * For the agent's first words. A healthy agent says them within milliseconds of the connection, so five seconds would do.
 * But giving up too early costs a person a login, and waiting too long costs a few seconds, which the program announces.
 * So it is twice that, for a machine that has just woken up, for an agent that was swapped out, and for an SSH connection
 * that is stuck for a moment.
 */
export const GREETING_SECONDS = 10;

/** For a person to agree to a forwarded signature. */
export const AGREEING_SECONDS = 60;

/** Beyond the longest login, for what its program does before and after. */
const LEASE_GRACE = 120;

/**
 * The most requests between a login and a signature. Three go to the issuer for a renewal, and two to Fulcio. Two go to the
 * log and one to the timestamp authority, and these three once more if the log's answer was lost. signet.timeout ends each.
 */
const REQUESTS = 3 + 2 + 2 * (2 + 1);

/** Returns what a login may take before the agent asks the next client for one. */
export function leaseOf({ loginTimeout }: Pick<Settings, 'loginTimeout'>): number {
  return longestLogin(loginTimeout) + LEASE_GRACE;
}

/** How long a client waits for what the agent says that it works on. */
export interface Patience {
  readonly signature: number;
  /** Added once the agent has said that it waits for one of these. */
  readonly login: number;
  readonly agreement: number;
  readonly turn: number;
}

/** Returns the patience by this side's settings, because an agent has no say in how long a client waits for it. */
export function patienceOf(settings: Pick<Settings, 'loginTimeout' | 'timeout'>): Patience {
  const signature = REQUESTS * settings.timeout;
  return { signature, login: leaseOf(settings), agreement: AGREEING_SECONDS, turn: signature };
}
