/** How long a certificate is used: by the difference of its dates, for its clock is the CA's, and with a margin (threat D11). */

import type { Credential } from '../../signing/credential.ts';

export interface Held {
  readonly credential: Credential;
  /** Unix seconds by our clock. */
  readonly since: number;
  /** Milliseconds on the clock that nobody sets, which stops in sleep. */
  readonly started: number;
}

export function heldFrom(credential: Credential, since: number): Held {
  return { credential, since, started: performance.now() };
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

/**
 * Seconds until the end, by the clock that says less: one may have been set back, the other stops in sleep. Negative when
 * it is over, or when the clock was set back before its start.
 */
export function remaining(held: Held, now: number): number {
  if (now < held.since - CLOCK_STEP) return -1;
  const elapsed = Math.max(now - held.since, (performance.now() - held.started) / 1000);
  return lifetime(held) - elapsed;
}
