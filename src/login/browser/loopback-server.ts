/**
 * Opens the server on loopback for the redirect of a login (RFC 8252 §7.3). It binds address literals, never a name, and
 * all of them on one port. Slow and endless clients get little time (threats O05, O06, O16).
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError, LoginError } from '../../errors.ts';

export interface LoopbackServer {
  /** Host and port, which the Host header must hold. */
  readonly host: string;
  /** The path of the redirect. */
  readonly path: string;
  /** Stops listening and closes all connections. */
  readonly close: () => Promise<void>;
}

const CALLBACK_PATH = '/auth/callback';
/** Limits for slow clients and long requests. */
const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 5000,
  requestTimeout: 5000,
  connectionsCheckingInterval: 1000,
};
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

/** Reads signet.redirectUrl. @throws ConfigError if the redirect would leave this machine (threat O16) */
function placeOf(redirectUrl: string | undefined): Place {
  const url = URL.parse(redirectUrl ?? `http://127.0.0.1:0${CALLBACK_PATH}`);
  const addresses = LOOPBACK_HOSTS[url?.hostname ?? ''];
  const plain = url?.protocol === 'http:' && url.search === '' && url.hash === '';
  if (url === null || addresses === undefined || !plain) {
    throw new ConfigError(
      `signet.redirectUrl = ${redirectUrl} is not http://127.0.0.1:PORT/PATH, http://[::1]:PORT/PATH or http://localhost:PORT/PATH`,
      { hint: 'git config --unset signet.redirectUrl' },
    );
  }
  // URL hides port 80. Without a port, any free port is used (RFC 8252 §7.3)
  const explicit = /^http:\/\/[^/]*:80(?:\/|$)/.test(redirectUrl ?? '') ? 80 : Number(url.port);
  return { host: url.hostname, addresses, port: explicit, path: url.pathname };
}

/** Opens the server. @throws ConfigError, LoginError `LOGIN_FAILED` if the port is in use */
export async function openLoopbackServer(
  redirectUrl: string | undefined,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<LoopbackServer> {
  const { createServer } = await import('node:http');
  const place = placeOf(redirectUrl);
  const create = (): Server => {
    const server = createServer(LIMITS, (request, response) => {
      response.on('error', () => undefined);
      onRequest(request, response);
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
    return { host, path: place.path, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Listens on all addresses of a name, on one port. A program on the other address family would get the answer (threat O05). */
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
      // a machine without IPv6 has no second address family
      if (servers.length > 0 && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) continue;
      throw new LoginError(
        'LOGIN_FAILED',
        `cannot wait for the login at ${host}:${bound} (${address}): ${String(code)}`,
        {
          hint: 'another program uses that port. End it, or: git config --unset signet.redirectUrl',
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
