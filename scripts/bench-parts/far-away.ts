/**
 * A network of some length between a client and a service: every byte takes half a round trip each way, a new
 * connection a whole one more. Counts connections, round trips as a client sees them, and what they took: a timer is
 * late by a millisecond or two, and that is the network's time here.
 */

import { connect, createServer, type Socket } from 'node:net';

export interface FarAway {
  /** The service's address, as it is reached through the distance. */
  readonly url: string;
  readonly counts: () => {
    readonly connections: number;
    readonly roundTrips: number;
    /** Milliseconds that first bytes were under way, of requests and of answers. */
    readonly travelled: number;
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
  let travelled = 0;
  const later = (first: boolean, milliseconds: number, arrive: () => void): void => {
    const start = performance.now();
    setTimeout(() => {
      if (first) travelled += performance.now() - start;
      arrive();
    }, milliseconds);
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
    near.on('data', (chunk) => {
      const first = !asking;
      if (first) roundTrips += 1;
      asking = true;
      const handshake = Math.max(0, opened - performance.now());
      later(first, half + handshake, () => far.write(chunk));
    });
    far.on('data', (chunk) => {
      const first = asking;
      asking = false;
      later(first, half, () => near.write(chunk));
    });
    near.on('close', () => setTimeout(() => far.destroy(), half));
    far.on('close', () => setTimeout(() => near.destroy(), half));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${bound}${pathname === '/' ? '' : pathname}`,
    counts: () => ({ connections, roundTrips, travelled }),
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
