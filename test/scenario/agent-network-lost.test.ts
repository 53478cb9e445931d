/**
 * Agents and networks that are not there: one that was born in a sandbox without a network gives its place to one that has
 * one, and one that has lost it keeps its logins until it comes back.
 */

import { spawnSync } from 'node:child_process';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { AgentState } from '../../src/agent/wire/protocol.ts';
import { runMeanwhile } from '../support/git-repository.ts';
import { agentsOf, countLogins, type Machine, useMachine } from '../support/machine.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
let machine: Machine;
let work = '';
useMachine(sandbox, (made, at) => {
  machine = made;
  work = at;
});

const PAYLOAD = `tree ${'0'.repeat(40)}\nauthor A <alice@example.test> 1 +0000\ncommitter A <alice@example.test> 1 +0000\n\nx\n`;
const empty = ['commit', '-q', '--allow-empty', '-m', 'change'];

async function onlyAgent(): Promise<AgentState | undefined> {
  const agents = await agentsOf(machine);
  expect(agents.length).toBeLessThan(2);
  return agents[0];
}

/** In a network namespace of its own, in which nothing is up; the socket's directory is shared. */
const isolated = (program: string, ...args: string[]) =>
  runMeanwhile('unshare', ['-n', '--', program, ...args], { cwd: work, env: { ...machine.env } });

const mayUnshare = spawnSync('unshare', ['-n', 'true']).status === 0;

describe.runIf(mayUnshare)('an agent that was born without a network', () => {
  it('an agent without a network leaves its place to one that has a network, after one login (D22)', async () => {
    const born = await isolated(programUnderTest(), 'agent', 'start');
    expect(born.exit, born.err).toBe(0);
    const before = await onlyAgent();
    const logins = countLogins(sandbox());
    for (let i = 0; i < 2; i += 1) {
      const ran = await machine.git(work, empty);
      expect(ran.exit, ran.err).toBe(0);
    }
    expect(logins.count().logins).toBe(1);
    const after = await onlyAgent();
    expect(after?.pid).not.toBe(before?.pid);
    expect(after?.credentials).toMatchObject([{ signatures: 2 }]);
  });

  it('a failed commit without a network does not make the next commit fail (D22)', async () => {
    const inside = await isolated('git', ...empty);
    expect(inside.exit).not.toBe(0);
    const logins = countLogins(sandbox());
    for (let i = 0; i < 2; i += 1) expect((await machine.git(work, empty)).exit).toBe(0);
    expect(logins.count().logins).toBe(1);
  });

  it('a login that was made beforehand goes to the agent that has a network (D22)', async () => {
    await isolated(programUnderTest(), 'agent', 'start');
    const logins = countLogins(sandbox());
    const ran = await machine.signet(work, ['login']);
    expect(ran.exit, ran.err).toBe(0);
    expect((await machine.git(work, empty)).exit).toBe(0);
    expect(logins.count().logins).toBe(1);
  });

  it('doctor says that the agent has no network (D22)', async () => {
    await isolated(programUnderTest(), 'agent', 'start');
    const doctor = async () => {
      const { out } = await machine.signet(work, ['doctor', '--json']);
      const { checks } = JSON.parse(out) as {
        readonly checks: readonly {
          readonly name: string;
          readonly level: string;
          readonly detail: string;
        }[];
      };
      return checks.find(({ name }) => name === 'agent');
    };
    expect(await doctor()).toMatchObject({
      level: 'warn',
      detail: expect.stringMatching(/^it is up, but the issuer could not be reached/),
    });
    await machine.git(work, empty);
    expect(await doctor()).toMatchObject({ level: 'ok' });
  });
});

describe('a network that is lost for a while', () => {
  it('a lost network costs a commit and no login (D22)', async () => {
    const line = await breakableLine(sandbox().urls.rekor);
    const through = { SIGNET_REKOR_URL: line.url };
    const logins = countLogins(sandbox());
    expect((await machine.git(work, empty, through)).exit).toBe(0);
    const before = await onlyAgent();
    await line.cut();
    for (let i = 0; i < 2; i += 1)
      expect((await machine.git(work, empty, through)).exit).not.toBe(0);
    await line.mend();
    const ran = await machine.git(work, empty, through);
    expect(ran.exit, ran.err).toBe(0);
    expect(logins.count().logins).toBe(1);
    const after = await onlyAgent();
    expect(after?.pid).toBe(before?.pid);
    expect(after?.credentials).toMatchObject([{ identity: 'alice@example.test' }]);
    await line.cut();
  });
});

it('a network that comes back late costs no login (D22)', async () => {
  const line = await breakableLine(sandbox().urls.rekor);
  const through = { SIGNET_REKOR_URL: line.url };
  const logins = countLogins(sandbox());
  expect((await machine.git(work, empty, through)).exit).toBe(0);
  // as often as the agent tries; then the client looks, and finds it back
  line.refuse(3);
  const options = { input: PAYLOAD, env: through };
  const ran = await machine.signet(work, ['--status-fd=2', '-bsau', 'x'], options);
  expect([ran.exit, line.refused()], ran.err).toEqual([0, 3]);
  expect(ran.err).not.toContain('signing without it');
  expect(logins.count().logins).toBe(1);
  await line.cut();
});

/** Leads to a service, until it is cut; then connections to it are refused. */
async function breakableLine(target: string) {
  const { port, hostname } = new URL(target);
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let [toRefuse, refused] = [0, 0];
  const listen = async (at: number): Promise<number> => {
    const made = createServer((socket) => {
      if (toRefuse > 0) {
        [toRefuse, refused] = [toRefuse - 1, refused + 1];
        socket.destroy();
        return;
      }
      const upstream = connect(Number(port), hostname);
      socket.pipe(upstream).pipe(socket);
      for (const each of [socket, upstream]) {
        sockets.add(each);
        each.on('error', () => each.destroy());
      }
    });
    await new Promise<void>((resolve) => made.listen(at, '127.0.0.1', resolve));
    server = made;
    return (made.address() as AddressInfo).port;
  };
  const at = await listen(0);
  return {
    url: `http://127.0.0.1:${at}`,
    /** Ends the connections that are there, and as many new ones. */
    refuse: (count: number): void => {
      for (const socket of sockets) socket.destroy();
      toRefuse = count;
    },
    refused: () => refused,
    cut: async (): Promise<void> => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server?.close(resolve));
    },
    mend: async (): Promise<void> => void (await listen(at)),
  };
}
