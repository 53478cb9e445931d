/**
 * Waits on loopback for the one answer of one login (RFC 8252 §7.3). It binds address literals, never a name, and
 * answers nothing but its own pages: a foreign Host (DNS rebinding), another path or method, a body, a prefetch or a
 * slow client get an error and change nothing (threats O05, O06). One answer with the right state ends the wait; one
 * with a wrong state ends it too, because somebody is trying (threat O01).
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError, LoginError } from '../../errors.ts';
import { type LoginAnswer, type LoginSession, routeRequest } from './listener-route.ts';
import { duration, type Page } from './page.ts';

export interface LoginListener {
  readonly redirectUri: string;
  /** Where the start page is served: unguessable. */
  readonly startUrl: string;
  /** Serves `start` and waits. @throws LoginError `LOGIN_STATE`, `LOGIN_TIMEOUT` */
  readonly wait: (login: {
    readonly state: string;
    readonly start: Page;
    readonly seconds: number;
  }) => Promise<LoginAnswer>;
  /** Nothing listens any more, no connection stays. */
  readonly close: () => Promise<void>;
}

const CALLBACK_PATH = '/auth/callback';
/** For clients that are slow or talk too much. */
const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 5000,
  requestTimeout: 5000,
  connectionsCheckingInterval: 1000,
};
/** A browser that was sent on fetches the page at once; one that went away must not hold git. */
const RESULT_PAGE_WAIT = 2000;
const LOOPBACK_HOSTS: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1', '::1'],
  '127.0.0.1': ['127.0.0.1'],
  '[::1]': ['::1'],
};

interface Place {
  readonly host: string;
  readonly addresses: readonly string[];
  readonly port: number;
  readonly path: string;
}

/** @throws ConfigError for a redirect that would leave this machine (threat O16) */
function placeOf(redirectUrl: string | undefined): Place {
  const url = URL.parse(redirectUrl ?? `http://127.0.0.1:0${CALLBACK_PATH}`);
  const addresses = LOOPBACK_HOSTS[url?.hostname ?? ''];
  const plain = url?.protocol === 'http:' && url.search === '' && url.hash === '';
  if (url === null || addresses === undefined || !plain) {
    throw new ConfigError(
      `signet.redirectUrl = ${redirectUrl}: expected http://127.0.0.1:PORT/PATH, http://[::1]:PORT/PATH or http://localhost:PORT/PATH`,
      { hint: 'git config --unset signet.redirectUrl' },
    );
  }
  // 80 is the port that URL hides; none given is any that is free (RFC 8252 §7.3)
  const explicit = /^http:\/\/[^/]*:80(?:\/|$)/.test(redirectUrl ?? '') ? 80 : Number(url.port);
  return { host: url.hostname, addresses, port: explicit, path: url.pathname };
}

/** Listens. @throws ConfigError, LoginError `LOGIN_FAILED` when the address is taken */
export async function openLoginListener(redirectUrl?: string): Promise<LoginListener> {
  const { createServer } = await import('node:http');
  const place = placeOf(redirectUrl);
  let session: LoginSession | undefined;
  const create = (): Server => {
    const server = createServer(LIMITS, (request, response) => {
      response.on('error', () => undefined);
      if (session === undefined) response.destroy();
      else handle(session, request, response);
    });
    server.maxConnections = 32;
    server.on('clientError', (_error, socket) => socket.destroy());
    return server;
  };
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map(stop));
  };
  try {
    const port = await listenAll(place, create, servers);
    const { host } = new URL(`http://${place.host}:${port}`);
    const startPath = `/${randomWord()}`;
    const opened: LoginSession = { startPath, callbackPath: place.path, host, answered: false };
    session = opened;
    return {
      redirectUri: `http://${host}${place.path}`,
      startUrl: `http://${host}${startPath}`,
      wait: (login) => waitForAnswer(opened, login),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** All of a name's addresses, on one port: a squatter on the other family would get the answer (threat O05). */
async function listenAll(
  { addresses, port, host }: Place,
  create: () => Server,
  servers: Server[],
): Promise<number> {
  let bound = port;
  for (const address of addresses) {
    const server = create();
    try {
      bound = await listen(server, address, bound);
      servers.push(server);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      // a machine without IPv6 has no second family to squat on
      if (servers.length > 0 && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) continue;
      throw new LoginError(
        'LOGIN_FAILED',
        `cannot wait for the login at ${host}:${bound} (${address}): ${String(code)}`,
        {
          hint: 'another program uses that port; end it, or unset signet.redirectUrl',
          cause: error,
        },
      );
    }
  }
  return bound;
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () =>
      resolve((server.address() as AddressInfo).port),
    );
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function randomWord(): string {
  return Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(18))).toString('base64url');
}

function waitForAnswer(
  session: LoginSession,
  {
    state,
    start,
    seconds,
  }: { readonly state: string; readonly start: Page; readonly seconds: number },
): Promise<LoginAnswer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new LoginError('LOGIN_TIMEOUT', `nobody logged in within ${duration(seconds)}`, {
          hint: 'run the git command again; signet.loginTimeout = SECONDS waits longer',
        }),
      );
    }, seconds * 1000);
    // while it runs the listener keeps the process; after that nothing is to
    timer.unref();
    const settled = (): void => clearTimeout(timer);
    session.state = state;
    session.start = start;
    session.settle = {
      resolve: (answer) => {
        settled();
        resolve(answer);
      },
      reject: (error) => {
        settled();
        reject(error);
      },
    };
  });
}

function handle(session: LoginSession, request: IncomingMessage, response: ServerResponse): void {
  const routed = routeRequest(session, request);
  if ('page' in routed) {
    if (routed.after !== undefined) response.once('close', routed.after);
    send(response, routed.page);
  } else {
    session.settle?.resolve({
      url: routed.answer,
      finish: (page) => finish(session, response, page),
    });
  }
}

/** Code and state leave the address bar and the history: the browser is sent on (threat O07). */
function finish(session: LoginSession, response: ServerResponse, page: Page): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, RESULT_PAGE_WAIT);
    const fetched = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const path = `/${randomWord()}`;
    session.result = { path, page, fetched };
    const headers = {
      location: path,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    };
    send(response, { status: 303, headers, html: '' });
  });
}

function send(response: ServerResponse, { status, headers, html }: Page): void {
  // keep-alive would hold the process after the login
  const length = Buffer.byteLength(html);
  response.writeHead(status, { ...headers, connection: 'close', 'content-length': length });
  response.end(html);
}
