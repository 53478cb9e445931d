/** Tells the user about a long wait, and when it ends at the latest. */

import type { Terminal } from '../system/terminal.ts';
import type { HttpSend } from './message.ts';

/** Seconds of silence for a program on this machine, or a service that only gives a token. */
export const QUIET_SECONDS = 2;
/** Seconds of silence for other services. A public log often needs two. */
const QUIET_SERVICE = 3;

/** Waits, and calls `say` once if that takes longer than `quiet` seconds. */
export function saidWait<T>(wait: Promise<T>, say: () => void, quiet = QUIET_SECONDS): Promise<T> {
  const timer = setTimeout(say, quiet * 1000);
  return wait.finally(() => clearTimeout(timer));
}

/**
 * Returns a `send` that tells the user about a slow request: the service, its host and the deadline. `timeout` is the
 * deadline in seconds of a request that has none of its own.
 */
export function sayingWaits(
  send: HttpSend,
  { terminal, timeout }: { readonly terminal: Pick<Terminal, 'say'>; readonly timeout: number },
): HttpSend {
  return (request) => {
    const { service, url, deadline = timeout } = request;
    const host = URL.parse(url)?.host ?? '';
    const say = (): void => terminal.say(`waiting for ${service} (${host}, up to ${deadline} s)`);
    return saidWait(send(request), say, QUIET_SERVICE);
  };
}
