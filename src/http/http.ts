/**
 * The HTTP client for all services. One deadline covers all attempts, the body is bounded, and redirects are not followed.
 * Plain http is allowed on loopback only. A request is sent again only if that does no harm (threats R15, O08, O17, I06).
 * node:http(s) is loaded on use, because `fetch` costs 50 ms on Node and a verifier needs neither.
 */

import { isLoopback } from '../system/loopback.ts';
import { AttemptFailure, attemptOnce, BodyTooLong } from './attempt.ts';
import {
  type Network,
  openConnections,
  ProxyFailure,
  proxyRefusal,
  type Route,
} from './connections.ts';
import {
  type Attempted,
  isTlsRefusal,
  redirected,
  refusedUrl,
  tooLong,
  unreachable,
} from './errors.ts';
import type { HttpAnswer, HttpRequest, HttpSend } from './message.ts';
import { retryDelay } from './retries.ts';

export interface HttpClient {
  readonly send: HttpSend;
  /** Ends all requests and connections. No request is sent after it. */
  readonly close: () => void;
}

export interface HttpOptions extends Network {
  /** True if NODE_TLS_REJECT_UNAUTHORIZED=0 switches certificate checking off. */
  readonly tlsUnchecked?: boolean;
  /** Host names for which plain http is allowed, besides loopback. */
  readonly insecureHosts?: ReadonlySet<string>;
  /** Seconds for all attempts of a request without a deadline of its own, by default 30. */
  readonly timeout?: number;
  /** Between 0 and 1. */
  readonly random?: () => number;
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

const ATTEMPTS = 3;
const RETRIED_STATUS = new Set([429, 499, 500, 502, 503, 504]);
/**
 * "Client closed request", although another client closed it: if one client hangs up, Rekor v2 (tessera 1.0.2) sends this
 * to every client that waits in the same second.
 */
const HUNG_UP_STATUS = 499;
const HUNG_UP_MILLISECONDS = 1000;

/**
 * Returns the URL if it may be asked: https, or http on loopback or `plainHost`, without a user name.
 * @throws ServiceError `SERVICE_REFUSED`
 */
export function checkedUrl(text: string, service: string, plainHost?: string): URL {
  const url = URL.parse(text);
  if (url === null) throw refusedUrl(service, 'its address is not a URL');
  if (url.username !== '' || url.password !== '')
    throw refusedUrl(service, 'its address holds a user name or password');
  if (url.protocol === 'https:') return url;
  if (url.protocol === 'http:' && (isLoopback(url) || url.hostname === plainHost)) return url;
  throw refusedUrl(service, `${url.protocol}//${url.host} is neither https nor on this machine`);
}

/** Creates a client with connections of its own, which stay open between requests. Close it when the work is done. */
export function createHttpClient(options: HttpOptions = {}): HttpClient {
  const connections = openConnections(options);
  const closing = new AbortController();
  return {
    send: async (request) => {
      const hostname = URL.parse(request.url)?.hostname;
      const insecure = hostname !== undefined && options.insecureHosts?.has(hostname) === true;
      const plainHost = insecure ? hostname : request.plainHost;
      const url = checkedUrl(request.url, request.service, plainHost);
      if (options.tlsUnchecked === true && url.protocol === 'https:') {
        throw refusedUrl(
          request.service,
          'NODE_TLS_REJECT_UNAUTHORIZED=0 switches certificate checking off',
        );
      }
      const route = await connections.routeFor(url, request.plainHost !== undefined);
      return sendWithRetries(request, { url, route, options, closing: closing.signal });
    },
    close: () => {
      closing.abort();
      connections.close();
    },
  };
}

interface Sending {
  readonly url: URL;
  readonly route: Route;
  readonly options: HttpOptions;
  readonly closing: AbortSignal;
}

async function sendWithRetries(
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
