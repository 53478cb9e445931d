/**
 * A network of some length between a client and a service: every byte takes half a round trip each way, a new
 * connection a whole one more. Counts connections, round trips as a client sees them, and what network and service took:
 * at the client's end, so that only the client's own time is counted as the client's.
 */

import { connect, createServer, type Socket } from 'node:net';

export interface FarAway {
  /** The service's address, as it is reached through the distance. */
  readonly url: string;
  readonly counts: () => {
    readonly connections: number;
    readonly roundTrips: number;
    /** Milliseconds between a request's first byte and its answer's first, as they pass the client's end. */
    readonly taken: number;
  };
  readonly close: () => void;
}

/** Puts `milliseconds` of round trip before the service at `target`. */
export async function farAway(target: string, milliseconds: number): Promise<FarAway> {
  const { hostname, port, pathname } = new URL(target);
  const half = milliseconds / 2;
  const sockets = new Set<Socket>();
  let connections = 0;
  let roundTrips = 0;
  let taken = 0;
  const later = (delay: number, arrive: () => void): void => {
    if (delay > 0) setTimeout(arrive, delay);
    else arrive();
  };
  const server = createServer({ noDelay: true }, (near) => {
    connections += 1;
    // the handshake
    roundTrips += 1;
    const far = connect({ port: Number(port), host: hostname, noDelay: true });
    const opened = performance.now() + milliseconds;
    let asking = false;
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    let asked = 0;
    near.on('data', (chunk) => {
      if (!asking) {
        roundTrips += 1;
        asked = performance.now();
      }
      asking = true;
      const handshake = Math.max(0, opened - performance.now());
      later(half + handshake, () => far.write(chunk));
    });
    far.on('data', (chunk) => {
      const first = asking;
      asking = false;
      later(half, () => {
        if (first) taken += performance.now() - asked;
        near.write(chunk);
      });
    });
    near.on('close', () => setTimeout(() => far.destroy(), half));
    far.on('close', () => setTimeout(() => near.destroy(), half));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${bound}${pathname === '/' ? '' : pathname}`,
    counts: () => ({ connections, roundTrips, taken }),
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
