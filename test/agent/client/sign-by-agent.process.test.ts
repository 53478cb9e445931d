/** Signing where the agent says nothing: what the person hears meanwhile, and that git gets its signature in place. */

import { mkdirSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeByAgent } from '../../../src/agent/client/sign-by-agent.ts';
import { instanceOf } from '../../../src/agent/instance.ts';
import { agentAddress } from '../../../src/agent/socket-path.ts';
import { encodeFrame } from '../../../src/agent/wire/frames.ts';
import { PROTOCOL } from '../../../src/agent/wire/protocol.ts';
import { loadSettings } from '../../../src/settings/load.ts';
import { signingTools } from '../../../src/signing/tools.ts';
import { loadCrypto } from '../../../src/system/crypto-port.ts';
import { PAYLOAD } from '../../support/agent.ts';
import { bareEnvironment, catchInvocation } from '../../support/invocation.ts';
import { scratchDirectory } from '../../support/sandbox.ts';

const crypto = await loadCrypto();
const servers: Server[] = [];
const sockets: Socket[] = [];
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => {
  vi.useRealTimers();
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

interface Place {
  readonly env: Readonly<Record<string, string>>;
  readonly path: string;
  readonly digest: string;
}

/** Where this user's own agent would listen, or one that is forwarded here. */
async function placeOf(kind: 'own' | 'forwarded'): Promise<Place> {
  const home = scratchDirectory('by-agent');
  const directory = join(home, 'run');
  mkdirSync(directory, { mode: 0o700 });
  const forwarded = join(directory, 'forwarded.sock');
  const env = {
    ...bareEnvironment(home),
    SIGNET_AGENT: 'yes',
    SIGNET_AGENT_DIRECTORY: directory,
    ...(kind === 'forwarded' ? { SIGNET_AGENT_SOCKET: forwarded } : {}),
  };
  const settings = await loadSettings({ env, cwd: home });
  const { digest } = instanceOf(settings, home, crypto);
  return { env, digest, path: kind === 'own' ? agentAddress(directory, digest).path : forwarded };
}

async function listening(path: string, serve: (socket: Socket) => void): Promise<() => number> {
  let asked = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    asked += 1;
    serve(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return () => asked;
}

async function signing({ env, path }: Place) {
  const caught = catchInvocation({ args: [], env, cwd: dirname(path) });
  const { invocation } = caught;
  const settings = await loadSettings({ env, cwd: invocation.cwd });
  const tools = await signingTools(invocation, {
    ...{ settings, crypto, payload: PAYLOAD },
    signsUnlogged: () => Promise.resolve(false),
  });
  return { caught, made: makeByAgent({ ...tools, payload: PAYLOAD }) };
}

describe.each(['own', 'forwarded'] as const)('%s: an agent that hangs', (kind) => {
  it('an agent that hangs is told after two seconds, and given up after ten (D13)', async () => {
    const place = await placeOf(kind);
    const asked = await listening(place.path, () => undefined);
    const { caught, made } = await signing(place);
    await expect.poll(asked).toBe(1);
    await expect.poll(() => vi.getTimerCount()).toBeGreaterThan(1);
    await vi.advanceTimersByTimeAsync(1900);
    expect(caught.talk()).toBe('');
    await vi.advanceTimersByTimeAsync(100);
    expect(caught.talk()).toBe('git-signet: waiting for the agent (up to 10 s)\n');
    await vi.advanceTimersByTimeAsync(8000);
    expect(await made).toBeUndefined();
    expect(caught.talk().split('\n').slice(1)).toEqual([
      'git-signet: the agent did not answer in 10 s, signing without it',
      '',
    ]);
  });

  it('an agent that greets in time is not mentioned', async () => {
    const place = await placeOf(kind);
    const forwarded = kind === 'forwarded';
    const instance = forwarded ? '' : place.digest;
    const failure = {
      reply: 'error',
      kind: 'login',
      code: 'LOGIN_FAILED',
      message: 'no',
      hint: '',
    };
    await listening(place.path, (socket) => {
      const greeting = {
        agent: 'git-signet',
        protocol: PROTOCOL,
        forwarded,
        instance,
        pid: 1,
      } as const;
      socket.write(encodeFrame(greeting));
      // its secret is not there: this user's own is of no use, but it has greeted
      socket.on('data', () => socket.write(encodeFrame(failure as never)));
    });
    const { caught, made } = await signing(place);
    await made.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(5000);
    expect(caught.talk()).not.toMatch(/waiting/);
  });
});
