/** How long a certificate is used: by the difference of its dates, for its clock is the CA's, and with a margin (threat D11). */

import type { Credential } from '../credential.ts';

export interface Held {
  readonly credential: Credential;
  /** Unix seconds by our clock. */
  readonly since: number;
}

const MAX_MARGIN = 60;
/** Wall clocks are corrected by this much without meaning anything. */
const CLOCK_STEP = 5;
/** Seconds of a certificate's life: its own clock is the CA's, so only the difference counts. */
function lifetime({ credential: { certificate } }: Held): number {
  return certificate.notAfter - certificate.notBefore;
}

/** Seconds before the end in which it is not used any more: a signature takes time until it is logged. */
export function margin(held: Held): number {
  return Math.min(MAX_MARGIN, lifetime(held) / 5);
}

/** Seconds until the end, by our clock; negative when it is over, or when the clock was set back before its start. */
export function remaining(held: Held, now: number): number {
  return now < held.since - CLOCK_STEP ? -1 : held.since + lifetime(held) - now;
}
