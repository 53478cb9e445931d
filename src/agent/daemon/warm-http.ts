/**
 * The agent's connections. They stay open between signatures, so that a warm one costs a single round trip to the log. A
 * connection may be dead without a sign after a long rest, a sleep of the machine, or a server's silence. Then the agent
 * makes new ones.
 */

import { ServiceError } from '../../errors.ts';
import { createHttpClient, type HttpClient, type HttpOptions } from '../../http/http.ts';
import type { HttpSend } from '../../http/message.ts';

const MAX_IDLE_MS = 120_000;
/** Milliseconds by which the wall clock and the one that stops in sleep may differ. */
const MAX_SLEEP_MS = 5000;
/** Connections to one server: one for each of many signers at once. */
export const MAX_SOCKETS = 32;

export interface WarmHttp {
  readonly send: HttpSend;
  readonly close: () => void;
  /** Closes when the requests under way have had their time. */
  readonly retire: () => void;
}

interface Clocks {
  /** Milliseconds, through sleep. */
  readonly wall: () => number;
  /** Milliseconds, without sleep. */
  readonly awake: () => number;
}

const CLOCKS: Clocks = { wall: () => Date.now(), awake: () => performance.now() };

/** Opens connections that last. */
export function openWarmHttp(options: HttpOptions, clocks: Clocks = CLOCKS): WarmHttp {
  let client: HttpClient | undefined;
  let used = { wall: 0, awake: 0 };
  const retire = (): void => {
    const old = client;
    client = undefined;
    // answers may still come in on it
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
