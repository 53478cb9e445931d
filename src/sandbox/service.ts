/**
 * One HTTP service of the sandbox: bounded requests on loopback, a count, and a place where a test may
 * answer instead. Handlers are functions from a request to a reply, and never see a socket.
 */

import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { ConfigError } from '../errors.ts';
import type { ServiceName } from './state.ts';

const BODY_LIMIT = 1024 * 1024;
export const LOOPBACK = '127.0.0.1';

export interface SandboxRequest {
  readonly method: string;
  /** Path without the query, as sent. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Close the connection instead of answering. */
  readonly destroy?: true;
}

export type Handler = (request: SandboxRequest) => Reply | Promise<Reply>;

/**
 * Stands before every service. Return a reply to answer in its place (`{ status: 503 }`), or undefined to let it
 * answer. `proceed` returns the service's own answer, to be altered. A promise that stays open is a service that hangs.
 * `{ status: 0, destroy: true }` closes the connection. The issuer keeps its own sockets, so it has no `proceed`.
 */
export type Intercept = (
  service: ServiceName,
  request: SandboxRequest,
  proceed: () => Promise<Reply>,
) => Reply | undefined | Promise<Reply | undefined>;

export const json = (
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
});

export const text = (body: string, type = 'text/plain; charset=utf-8'): Reply => ({
  status: 200,
  headers: { 'content-type': type },
  body,
});

async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    length += chunk.length;
    if (length > BODY_LIMIT) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function write(response: ServerResponse, reply: Reply): void {
  if (reply.destroy === true) {
    response.destroy();
    return;
  }
  // Never chunked: gitsign's timestamp client allocates by Content-Length and panics without one.
  const body = Buffer.from(reply.body ?? '');
  response.writeHead(reply.status, { 'content-length': body.length, ...reply.headers });
  response.end(body);
}

export interface ServiceOptions {
  readonly name: ServiceName;
  readonly handler: Handler;
  /** Takes the request over as it is, sockets and all: the issuer. */
  readonly listener?: RequestListener;
  readonly intercept: () => Intercept | undefined;
  readonly count: () => void;
}

async function serve(
  options: ServiceOptions,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  options.count();
  const url = new URL(incoming.url ?? '/', `http://${LOOPBACK}`);
  const raw = options.listener !== undefined;
  // The issuer reads its own body, so an intercept sees none of it.
  const body = raw ? Buffer.alloc(0) : await readBody(incoming);
  if (body === undefined) {
    write(response, {
      ...json(413, { code: 413, message: 'request body too large' }),
      headers: { connection: 'close' },
    });
    return;
  }
  const request: SandboxRequest = {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body,
  };
  const proceed = async (): Promise<Reply> => options.handler(request);
  const instead = await options.intercept()?.(options.name, request, proceed);
  if (instead !== undefined) write(response, instead);
  else if (options.listener !== undefined) options.listener(incoming, response);
  else write(response, await proceed());
}

export interface RunningService {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Makes the server. `listen` starts it later, because the issuer must know its port before it is made. */
export function makeServer(options: () => ServiceOptions): Server {
  return createServer((incoming, response) => {
    serve(options(), incoming, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else write(response, json(500, { code: 500, message: String(error) }));
    });
  });
}

/** Listens on 127.0.0.1. Port 0 takes a free port. @throws ConfigError if the port is taken */
export function listen(server: Server, port: number): Promise<RunningService> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new ConfigError(`port ${port} on ${LOOPBACK} cannot be had`, {
          cause,
          hint: 'stop what uses it, or choose another with --port',
        }),
      );
    });
    server.listen(port, LOOPBACK, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      resolve({
        port: bound,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}
