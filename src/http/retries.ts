/**
 * How often, and after how long, a request is tried again: three times within one deadline, with growing pauses, and only
 * where a second request does no harm (threat R15). A server that asks to wait (Retry-After) is waited for.
 */

import { AttemptFailure, attemptOnce, BodyTooLong } from './attempt.ts';
import { ProxyFailure, proxyRefusal, type Route } from './connections.ts';
import { type Attempted, isTlsRefusal, redirected, tooLong, unreachable } from './errors.ts';
import type { HttpAnswer, HttpRequest } from './message.ts';

const DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Returns the milliseconds that the service asks to wait (Retry-After, RFC 9110 §10.2.3: seconds, or a date, which is compared
 * with the server's own Date header if there is one), or 0 if the header is missing or cannot be read.
 */
export function retryDelay(
  headers: Readonly<Record<string, string>>,
  now: () => number = Date.now,
): number {
  const text = headers['retry-after']?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  if (!DATE.test(text)) return 0;
  const { date = '' } = headers;
  const reference = DATE.test(date) ? Date.parse(date) : now();
  const delay = Date.parse(text) - reference;
  return Number.isFinite(delay) ? Math.max(0, delay) : 0;
}

const ATTEMPTS = 3;

const RETRIED_STATUS = new Set([429, 499, 500, 502, 503, 504]);

/**
 * "Client closed request", although another client closed it: if one client hangs up, Rekor v2 (tessera 1.0.2) sends this
 * to every client that waits in the same second.
 */
const HUNG_UP_STATUS = 499;

const HUNG_UP_MILLISECONDS = 1000;

/** For tests, but for the timeout. */
export interface RetryOptions {
  /** Seconds for all attempts of a request without a deadline of its own, by default 30. */
  readonly timeout?: number;
  /** Between 0 and 1. */
  readonly random?: () => number;
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

interface Sending {
  readonly url: URL;
  readonly route: Route;
  readonly options: RetryOptions;
  readonly closing: AbortSignal;
}

/** Sends a request until it is answered, its attempts are used up, or its deadline ends. @throws ServiceError */
export async function sendWithRetries(
  request: HttpRequest,
  { url, route, options, closing }: Sending,
): Promise<HttpAnswer> {
  const seconds = request.deadline ?? options.timeout ?? 30;
  const deadline = AbortSignal.timeout(seconds * 1000);
  const signal = anySignal(deadline, closing, request.signal);
  const ends = performance.now() + seconds * 1000;
  const attempted: Attempted = { request, url, route, seconds, deadline };
  for (let attempt = 1; ; attempt += 1) {
    const last = request.idempotent !== true || attempt === ATTEMPTS;
    const outcome = await tryOnce(attempted, signal, last ? undefined : ends - performance.now());
    let askedToWait = 0;
    if ('status' in outcome) {
      if (last || !RETRIED_STATUS.has(outcome.status)) return counted(outcome, attempt);
      const hungUp = outcome.status === HUNG_UP_STATUS ? HUNG_UP_MILLISECONDS : 0;
      askedToWait = Math.max(hungUp, retryDelay(outcome.headers));
    } else if (signal.aborted || !mayTryAgain(outcome, request, attempt)) {
      throw unreachable(attempted, outcome.cause, attempt);
    }
    const left = ends - performance.now();
    if (askedToWait > 0 && askedToWait >= left)
      throw unreachable(attempted, { pause: askedToWait }, attempt);
    const jitter = 0.5 + (options.random ?? Math.random)();
    const pause = Math.max(
      askedToWait,
      Math.min(FIRST_DELAY * 2 ** (attempt - 1) * jitter, left / 2),
    );
    await (options.wait ?? sleep)(pause, signal);
  }
}

const FIRST_DELAY = 250;

/** Returns whether to try again after a failure: if a second request does no harm, or if the server has not seen the first. */
function mayTryAgain(failure: AttemptFailure, request: HttpRequest, attempt: number): boolean {
  const { cause, unsent } = failure;
  if (isTlsRefusal(cause) || (cause instanceof ProxyFailure && !cause.passing)) return false;
  return attempt < ATTEMPTS && (request.idempotent === true || unsent);
}

/**
 * An attempt that is not the last gets half of the time that is left, so that another attempt is possible. A kept
 * connection that the server has closed is replaced at once.
 */
async function tryOnce(
  { request, url, route }: Attempted,
  signal: AbortSignal,
  left: number | undefined,
): Promise<HttpAnswer | AttemptFailure> {
  const own =
    left === undefined ? undefined : AbortSignal.timeout(Math.max(1, Math.ceil(left / 2)));
  for (;;) {
    try {
      const answer = await attemptOnce(request, url, route, anySignal(signal, own));
      if (answer.status === 407 && route.proxy !== undefined)
        return new AttemptFailure(proxyRefusal(route.proxy, url.host, 407), false, false);
      if (answer.status >= 300 && answer.status < 400) throw redirected(request, url, answer);
      return answer;
    } catch (error) {
      if (error instanceof BodyTooLong) throw tooLong(request, url);
      if (!(error instanceof AttemptFailure)) throw error;
      if (!error.stale || request.idempotent !== true) return error;
    }
  }
}

function counted(answer: HttpAnswer, attempts: number): HttpAnswer {
  return attempts === 1 ? answer : { ...answer, attempts };
}

/** Waits. An abort of the signal ends the wait early. */
function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}

function anySignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}
