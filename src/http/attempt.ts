/**
 * Sends one request and reads its whole answer, with a bounded body, a deadline for the connection and one for the rest.
 * A failure says whether the request can have arrived, and whether a kept connection was stale. Both decide about
 * another attempt.
 */

import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Secret } from '../system/secret.ts';
import { CONNECT_SECONDS, connectTimeout, type Route } from './connections.ts';
import type { HttpAnswer, HttpRequest } from './message.ts';

/** The error if no answer arrived. `cause` is the runtime's error. */
export class AttemptFailure extends Error {
  /** True if no connection was made, so that the server has not seen the request. */
  readonly unsent: boolean;
  /** True if the server had closed a connection that was kept from an earlier request. */
  readonly stale: boolean;
  constructor(cause: unknown, unsent: boolean, stale: boolean) {
    super('no answer', { cause });
    this.unsent = unsent;
    this.stale = stale;
  }
}

/** The body is longer than the request allows. */
export class BodyTooLong extends Error {}

/** Sends the request once. @throws AttemptFailure, BodyTooLong */
export function attemptOnce(
  request: HttpRequest,
  url: URL,
  route: Route,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const own = request.newConnection === true ? route.newAgent() : undefined;
  const answered = ask(request, url, { ...route, agent: own ?? route.agent }, signal);
  return answered.finally(() => own?.destroy());
}

function ask(
  request: HttpRequest,
  url: URL,
  route: Route,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const body = revealed(request.body);
  return new Promise((resolve, reject) => {
    const outgoing = route.request(url, {
      method: request.method,
      agent: route.agent,
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
    let connected = false;
    const fail = (error: unknown): void => {
      outgoing.destroy();
      if (error instanceof BodyTooLong) reject(error);
      else reject(new AttemptFailure(error, !connected, outgoing.reusedSocket && !signal.aborted));
    };
    whenConnected(outgoing, route, () => {
      connected = true;
    });
    let answered = false;
    outgoing.on('error', fail);
    // without this, a request that waits for its tunnel would not end before the tunnel does
    const late = (): void => fail(signal.reason);
    signal.addEventListener('abort', late, { once: true });
    // an answer that switches to another protocol (101) raises neither 'response' nor 'error'
    outgoing.once('close', () => {
      // the signal lives until its deadline, and would keep the request in memory until then
      signal.removeEventListener('abort', late);
      if (!answered) fail(new Error('it closed the connection without an answer'));
    });
    outgoing.once('response', (incoming: IncomingMessage) => {
      answered = true;
      readBody(incoming, request.limit ?? 1024 * 1024).then((bytes) => {
        const { statusCode: status = 0 } = incoming;
        resolve({ status, headers: flatHeaders(incoming), body: bytes, host: url.host });
      }, fail);
    });
    outgoing.end(body);
  });
}

/** Calls `connected` when the connection is there, and limits the wait for it. A tunnel has its own deadline. */
function whenConnected(outgoing: ClientRequest, { proxy }: Route, connected: () => void): void {
  outgoing.once('socket', (socket: Socket) => {
    if (proxy !== undefined || !socket.connecting) return connected();
    const late = setTimeout(() => outgoing.destroy(connectTimeout()), CONNECT_SECONDS * 1000);
    socket.once('connect', connected);
    const ready = 'encrypted' in socket ? 'secureConnect' : 'connect';
    for (const end of [ready, 'close']) socket.once(end, () => clearTimeout(late));
  });
}

function readBody(incoming: IncomingMessage, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const cutOff = (): void => reject(new Error('the answer was cut off'));
    incoming.on('data', (chunk: Uint8Array) => {
      size += chunk.length;
      if (size > limit) reject(new BodyTooLong());
      else chunks.push(chunk);
    });
    incoming.once('end', () => {
      if (incoming.complete) resolve(new Uint8Array(Buffer.concat(chunks)));
      else cutOff();
    });
    incoming.once('error', reject);
    incoming.once('close', cutOff);
  });
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
