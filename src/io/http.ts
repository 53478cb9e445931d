/**
 * One small HTTP client for every service: one deadline over all attempts, a bounded body, no redirects, https
 * everywhere but on loopback, retries only where asking twice is harmless (threats R15, O08, O17, I06).
 * node:http(s) is loaded on use: `fetch` costs 50 ms on Node, and a verifier needs neither.
 */

import type { Agent, IncomingMessage, RequestOptions } from 'node:http';
import { ServiceError } from '../errors.ts';
import { redirected, refusedUrl, tooLong, unreachable } from './http-errors.ts';
import { Secret } from './secret.ts';

export interface HttpRequest {
  /** Who is asked, for messages: `the log`, `the certificate authority`. */
  readonly service: string;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | Secret>>;
  readonly body?: Uint8Array | string | Secret;
  /** Seconds over all attempts; default 30. */
  readonly deadline?: number;
  /** Bytes of the answer's body; default 1 MiB. */
  readonly limit?: number;
  /** Asking again after a failure changes nothing: then at most three attempts. */
  readonly idempotent?: boolean;
  /** What to do when nobody answers. */
  readonly hint?: string;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names; repeated headers joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Asks and answers. Any HTTP status is an answer, except a redirect. @throws ServiceError */
export type HttpSend = (request: HttpRequest) => Promise<HttpAnswer>;

export interface HttpClient {
  readonly send: HttpSend;
  /** Ends what is under way and drops connections: nothing is asked, or asked again, after it. */
  readonly close: () => void;
}

export interface HttpOptions {
  /** The environment switched certificate checking off (NODE_TLS_REJECT_UNAUTHORIZED=0). */
  readonly tlsUnchecked?: boolean;
  /** Between 0 and 1. */
  readonly random?: () => number;
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

interface Transport {
  readonly request: (url: URL, options: RequestOptions) => import('node:http').ClientRequest;
  readonly agent: Agent;
}

const ATTEMPTS = 3;
const FIRST_DELAY = 250;
const RETRIED_STATUS = new Set([429, 500, 502, 503, 504]);
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** True for hosts that cannot leave this machine. */
export function isLoopback(url: URL): boolean {
  return LOOPBACK.test(url.hostname);
}

/**
 * The address, if it is one that may be asked: https, or http on loopback, and no user name in it.
 * @throws ServiceError `SERVICE_REFUSED`
 */
export function checkedUrl(text: string, service: string): URL {
  const url = URL.parse(text);
  if (url === null) throw refusedUrl(service, 'its address is not a URL');
  if (url.username !== '' || url.password !== '')
    throw refusedUrl(service, 'its address holds a user name or password');
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))) return url;
  throw refusedUrl(service, `${url.protocol}//${url.host} is neither https nor on this machine`);
}

/** A client with its own connections. Close it when the work is done. */
export function createHttpClient(options: HttpOptions = {}): HttpClient {
  const transports = new Map<string, Promise<Transport>>();
  const closing = new AbortController();
  const transportFor = (url: URL): Promise<Transport> => {
    const known = transports.get(url.protocol) ?? loadTransport(url.protocol);
    transports.set(url.protocol, known);
    return known;
  };
  return {
    send: async (request) => {
      const url = checkedUrl(request.url, request.service);
      if (options.tlsUnchecked === true && url.protocol === 'https:') {
        throw refusedUrl(
          request.service,
          'NODE_TLS_REJECT_UNAUTHORIZED=0 switches certificate checking off',
        );
      }
      return sendWithRetries(
        { ...request, signal: eitherSignal(closing.signal, request.signal) },
        url,
        await transportFor(url),
        options,
      );
    },
    close: () => {
      closing.abort();
      for (const transport of transports.values())
        void transport.then(({ agent }) => agent.destroy());
    },
  };
}

async function loadTransport(protocol: string): Promise<Transport> {
  const module = protocol === 'https:' ? await import('node:https') : await import('node:http');
  return { request: module.request, agent: new module.Agent({ keepAlive: true, maxSockets: 4 }) };
}

async function sendWithRetries(
  request: HttpRequest,
  url: URL,
  transport: Transport,
  options: HttpOptions,
): Promise<HttpAnswer> {
  const seconds = request.deadline ?? 30;
  const deadline = AbortSignal.timeout(seconds * 1000);
  const signal = eitherSignal(deadline, request.signal);
  const started = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    const last = request.idempotent !== true || attempt === ATTEMPTS;
    let pause: number;
    try {
      const answer = await attemptOnce(request, url, transport, signal);
      if (answer.status >= 300 && answer.status < 400) throw redirected(request, url, answer);
      if (last || !RETRIED_STATUS.has(answer.status)) return answer;
      pause = delay(attempt, answer.headers['retry-after'], options);
    } catch (error) {
      if (error instanceof ServiceError) throw error;
      if (last || signal.aborted)
        throw unreachable({ request, url, error, attempt, seconds, deadline });
      pause = delay(attempt, undefined, options);
    }
    const left = seconds * 1000 - (performance.now() - started);
    if (pause >= left) {
      throw unreachable({ request, url, error: undefined, attempt, seconds, deadline });
    }
    await (options.wait ?? sleep)(pause, signal);
  }
}

/** Doubling, with jitter; or what the service asked for (RFC 9110 §10.2.3), in seconds only. */
function delay(attempt: number, retryAfter: string | undefined, options: HttpOptions): number {
  const jitter = 0.5 + (options.random ?? Math.random)();
  const asked =
    retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) * 1000 : 0;
  return Math.max(asked, FIRST_DELAY * 2 ** (attempt - 1) * jitter);
}

/** Ends early when there is nothing to wait for any more. */
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

function eitherSignal(one: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? one : AbortSignal.any([one, other]);
}

function attemptOnce(
  request: HttpRequest,
  url: URL,
  { request: open, agent }: Transport,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const body = revealed(request.body);
  return new Promise((resolve, reject) => {
    const outgoing = open(url, {
      method: request.method,
      agent,
      signal,
      headers: {
        'user-agent': 'git-signet',
        'accept-encoding': 'identity',
        ...Object.fromEntries(
          Object.entries(request.headers ?? {}).map(([name, value]) => [name, revealed(value)]),
        ),
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
    });
    outgoing.once('error', reject);
    outgoing.once('response', (incoming: IncomingMessage) => {
      readBody(incoming, request.limit ?? 1024 * 1024).then(
        (bytes) =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: flatHeaders(incoming),
            body: bytes,
          }),
        (error: unknown) => {
          outgoing.destroy();
          reject(error instanceof BodyTooLong ? tooLong(request, url) : error);
        },
      );
    });
    outgoing.end(body);
  });
}

class BodyTooLong extends Error {}

async function readBody(incoming: IncomingMessage, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > limit) throw new BodyTooLong();
    chunks.push(chunk);
  }
  if (!incoming.complete) throw new Error('the answer was cut off');
  return new Uint8Array(Buffer.concat(chunks));
}

function flatHeaders(incoming: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

function revealed<T>(value: T | Secret): T | string {
  return value instanceof Secret ? value.reveal() : value;
}
