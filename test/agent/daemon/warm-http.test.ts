import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openWarmHttp } from '../../../src/agent/daemon/warm-http.ts';

let server: Server;
let url = '';
let connections = 0;
let mute = false;
beforeEach(async () => {
  connections = 0;
  mute = false;
  server = createServer((_request, response) => {
    if (!mute) response.end('ok');
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (_socket: Socket) => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

it('the agent keeps a connection, and makes a new one after a long rest, a sleep or a silent server', async () => {
  const clock = { wall: 1_000_000, awake: 1000 };
  const pass = (wall: number, awake = wall): void => {
    clock.wall += wall;
    clock.awake += awake;
  };
  const warm = openWarmHttp({}, { wall: () => clock.wall, awake: () => clock.awake });
  const ask = (deadline = 30) =>
    warm.send({ service: 'the log', method: 'POST', url, body: 'x', deadline });
  for (let i = 0; i < 5; i += 1) {
    await ask();
    pass(1000);
  }
  expect(connections).toBe(1);
  pass(130_000);
  await ask();
  expect(connections).toBe(2);
  // eight hours with the lid closed: the clock that counts waking time has hardly moved
  pass(8 * 3600_000, 2000);
  await ask();
  expect(connections).toBe(3);
  mute = true;
  await expect(ask(0.2)).rejects.toMatchObject({ code: 'SERVICE_UNREACHABLE' });
  mute = false;
  const before = connections;
  await ask();
  expect(connections).toBe(before + 1);
  warm.close();
});

it('many requests to one server go out at once', async () => {
  const warm = openWarmHttp({});
  const request = { service: 'the log', method: 'GET', url } as const;
  const all = await Promise.all(Array.from({ length: 20 }, () => warm.send(request)));
  expect(all.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
  expect(connections).toBeGreaterThan(4);
  warm.close();
});
