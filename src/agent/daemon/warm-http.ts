/**
 * The agent's connections: kept open between signatures, so that a warm one costs a single round trip to the log. A
 * connection that has been idle for long, that the machine slept over, or that somebody failed to answer on may be
 * dead without saying so: then new ones are made.
 */

import { ServiceError } from '../../errors.ts';
import { createHttpClient, type HttpClient, type HttpOptions } from '../../http/http.ts';
import type { HttpSend } from '../../http/message.ts';

const MAX_IDLE_MS = 120_000;
/** The wall clock and the one that stops in sleep may differ by this much. */
const MAX_SLEEP_MS = 5000;
/** One for each of many signers at once. */
export const MAX_SOCKETS = 32;

export interface WarmHttp {
  readonly send: HttpSend;
  readonly close: () => void;
  /** Closes once what is under way has had its time. */
  readonly retire: () => void;
}

interface Clocks {
  /** Milliseconds, through sleep. */
  readonly wall: () => number;
  /** Milliseconds, without sleep. */
  readonly awake: () => number;
}

const CLOCKS: Clocks = { wall: () => Date.now(), awake: () => performance.now() };

export function openWarmHttp(options: HttpOptions, clocks: Clocks = CLOCKS): WarmHttp {
  let client: HttpClient | undefined;
  let used = { wall: 0, awake: 0 };
  const retire = (): void => {
    const old = client;
    client = undefined;
    // what is under way on it may still come back
    if (old !== undefined) setTimeout(old.close, MAX_IDLE_MS).unref();
  };
  const current = (): HttpClient => {
    const now = { wall: clocks.wall(), awake: clocks.awake() };
    const idle = now.awake - used.awake;
    const slept = Math.abs(now.wall - used.wall - idle);
    if (idle > MAX_IDLE_MS || slept > MAX_SLEEP_MS) retire();
    used = now;
    client ??= createHttpClient({ ...options, maxSockets: MAX_SOCKETS });
    return client;
  };
  return {
    send: async (request) => {
      const asked = current();
      try {
        return await asked.send(request);
      } catch (error) {
        const silent = error instanceof ServiceError && error.code === 'SERVICE_UNREACHABLE';
        if (silent && client === asked) retire();
        throw error;
      }
    },
    close: () => client?.close(),
    retire,
  };
}
