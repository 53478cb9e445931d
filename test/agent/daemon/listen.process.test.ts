import { spawnSync } from 'node:child_process';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  AlreadyListening,
  type Listening,
  listenAt,
  writeSecret,
} from '../../../src/agent/daemon/listen.ts';
import { scratchDirectory } from '../../support/sandbox.ts';

function place(): string {
  const directory = join(scratchDirectory('listen'), 'run');
  mkdirSync(directory, { mode: 0o700 });
  return join(directory, 'a.sock');
}

const host = {
  onConnection: (socket: Socket) => {
    socket.on('error', () => undefined);
    socket.end('hello');
  },
};

function ask(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = '';
    connect(path)
      .on('data', (chunk) => (heard += chunk))
      .on('close', () => resolve(heard))
      .on('error', reject);
  });
}

/** What a killed process leaves: a socket without a listener. */
function deadSocket(path: string): void {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
  expect(lstatSync(path).isSocket()).toBe(true);
}

it('the socket is closed to others from the first instant (D01)', async () => {
  const path = place();
  const umask = process.umask(0);
  let seen = -1;
  const listening = await listenAt(path, {
    ...host,
    onListening: () => {
      seen = statSync(path).mode & 0o777;
    },
  });
  expect(process.umask(umask)).toBe(0);
  expect(seen).toBe(0o600);
  expect(await ask(path)).toBe('hello');
  expect(readdirSync(join(path, '..'))).toEqual(['a.sock']);
  listening.close();
  expect(readdirSync(join(path, '..'))).toEqual([]);
});

it('a live socket survives a second start (D06)', async () => {
  const path = place();
  const first = await listenAt(path, host);
  await expect(listenAt(path, host)).rejects.toBeInstanceOf(AlreadyListening);
  expect(first.stillThere()).toBe(true);
  expect(await ask(path)).toBe('hello');
  first.close();
});

it('a dead socket is replaced (D06)', async () => {
  const path = place();
  deadSocket(path);
  const listening = await listenAt(path, host);
  expect(await ask(path)).toBe('hello');
  expect(readdirSync(join(path, '..'))).toEqual(['a.sock']);
  listening.close();
});

it('a file in the socket’s place is left as it is (D06)', async () => {
  const path = place();
  writeFileSync(path, 'precious');
  await expect(listenAt(path, host)).rejects.toMatchObject({ code: 'CONFIG' });
  expect(readFileSync(path, 'utf8')).toBe('precious');
});

it.each(['nothing', 'a dead socket'])(
  'of twelve agents that start at once over %s, one goes on (D06)',
  async (before) => {
    const path = place();
    if (before === 'a dead socket') deadSocket(path);
    const started = await Promise.allSettled(
      Array.from({ length: 12 }, () => listenAt(path, host)),
    );
    const won = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const there = won.filter((listening: Listening) => listening.stillThere());
    expect(there).toHaveLength(1);
    expect(won).toHaveLength(1);
    expect(await ask(path)).toBe('hello');
    expect(readdirSync(join(path, '..'))).toEqual(['a.sock']);
    for (const listening of won) listening.close();
  },
);

it('an agent whose place another took notices it, and leaves the other’s socket when it ends (D06)', async () => {
  const path = place();
  const first = await listenAt(path, host);
  rmSync(path);
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(`${path}.2`, resolve));
  linkSync(`${path}.2`, path);
  expect(first.stillThere()).toBe(false);
  first.close();
  expect(lstatSync(path).isSocket()).toBe(true);
  server.close();
});

it('two agents that start at once leave the umask as it was (D01)', async () => {
  const umask = process.umask(0o022);
  const both = ['one.sock', 'two.sock'].map((name) => listenAt(join(place(), '..', name), host));
  expect(process.umask()).toBe(0o022);
  for (const listening of await Promise.all(both)) listening.close();
  expect(process.umask(umask)).toBe(0o022);
});

it('the secret is new at each start, and private (D03)', () => {
  const path = join(place(), '..', 'a.secret');
  const umask = process.umask(0);
  const one = writeSecret(path);
  const two = writeSecret(path);
  process.umask(umask);
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(two).not.toBe(one);
  expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual([two, 0o600]);
});
