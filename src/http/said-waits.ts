/** Nobody sits in front of a silent terminal and wonders: what takes long is said, with its end. */

import type { Terminal } from '../system/terminal.ts';
import type { HttpSend } from './message.ts';

/** Seconds in which this user's own programs answer, or a service that only gives a token. */
export const QUIET_SECONDS = 2;
/** Seconds that a log may take without a word: a public one often needs two. */
const QUIET_SERVICE = 3;

/** Waits; `say` is called once where that takes longer than `quiet` seconds. */
export function saidWait<T>(wait: Promise<T>, say: () => void, quiet = QUIET_SECONDS): Promise<T> {
  const timer = setTimeout(say, quiet * 1000);
  return wait.finally(() => clearTimeout(timer));
}

/**
 * Asks as `send` does; a request that takes long is told: who is asked, where, and for how long at most. `timeout`:
 * seconds for a request that names no deadline.
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
