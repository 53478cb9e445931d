/** Whose process is at the other end: asked of the system for real connections, also of another user. */

import { spawn } from 'node:child_process';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { peerIsForeign, peerUser } from '../../src/system/peer-user.ts';

const linux = process.platform === 'linux';
const me = process.getuid?.() ?? -1;
const OTHER = 65534;
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server, and its side of the first connection to it. */
async function listening(host: string): Promise<{ port: number; accepted: Promise<Socket> }> {
  const arrived = Promise.withResolvers<Socket>();
  const server = createServer((socket) => arrived.resolve(socket));
  servers.push(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    accepted: arrived.promise,
  };
}

describe.skipIf(!linux)('peerUser', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['::', '127.0.0.1'],
  ])(
    'the peer is this user for a client of this process (listening on %s, asked at %s)',
    async (host, at) => {
      const { port, accepted } = await listening(host);
      const client = connect(port, at);
      const socket = await accepted;
      expect([peerUser(socket), peerIsForeign(socket)]).toEqual([me, false]);
      client.destroy();
      socket.destroy();
    },
  );

  it.skipIf(me !== 0)('the peer is the other user for a client of another user (O19)', async () => {
    const { port, accepted } = await listening('127.0.0.1');
    const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; read -r _ <&3`;
    const client = spawn('/bin/bash', ['-c', script], { uid: OTHER, gid: OTHER, stdio: 'ignore' });
    const socket = await accepted;
    expect(peerUser(socket)).toBe(OTHER);
    client.kill();
    socket.destroy();
  });

  it('a connection that does not exist has no peer', () => {
    const ends = { remoteAddress: '127.0.0.1', remotePort: 1, localPort: 2 };
    expect([peerUser(ends), peerIsForeign(ends)]).toEqual([undefined, false]);
    expect(peerUser({ ...ends, remoteAddress: '192.0.2.1' })).toBeUndefined();
  });
});
