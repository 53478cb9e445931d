/** The forwarded socket with real clones: what another machine may have signed, and what is left in the log of it. */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { agentState, offerLogin } from '../../../src/agent/client/client.ts';
import { connectAgent } from '../../../src/agent/client/connection.ts';
import { signByAgent } from '../../../src/agent/client/sign-client.ts';
import { type AuditLog, openAuditLog } from '../../../src/agent/forward/audit.ts';
import { confirmWith } from '../../../src/agent/forward/confirm.ts';
import type { ForwardOptions } from '../../../src/agent/forward/forward.ts';
import { forwardServer } from '../../../src/agent/forward/forward.ts';
import { openScope } from '../../../src/agent/forward/scope.ts';
import { PROTOCOL } from '../../../src/agent/wire/protocol.ts';
import { utf8 } from '../../../src/core/bytes.ts';
import { joinSignature, objectId } from '../../../src/core/git/signed-object.ts';
import { checkSignable } from '../../../src/core/statement/signable.ts';
import { loadCrypto } from '../../../src/system/crypto-port.ts';
import { Secret } from '../../../src/system/secret.ts';
import {
  DIRECT,
  PATIENCE,
  PAYLOAD,
  paperBackend,
  type RunningAgent,
  runningAgent,
} from '../../support/agent.ts';
import { STATEMENT } from '../../support/forge/statement.ts';
import { type ScratchRepository, scratchRepository } from '../../support/git-repository.ts';
import { scratchDirectory } from '../../support/sandbox.ts';

const ALICE = 'alice@example.test';
const crypto = await loadCrypto();
let agent: RunningAgent;
let clone: ScratchRepository;
let head = '';
let log = '';
let path = '';
const open: RunningAgent[] = [];

beforeEach(() => {
  clone = scratchRepository('forward');
  clone.must('commit', '-q', '--allow-empty', '-m', 'first');
  head = clone.must('rev-parse', 'HEAD');
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.end();
});

const child = (parents: readonly string[], subject = 'next'): Buffer =>
  Buffer.from(
    `tree ${'0'.repeat(40)}\n${parents.map((id) => `parent ${id}\n`).join('')}` +
      `author a <a@x.test> 1 +0000\ncommitter a <a@x.test> 1 +0000\n\n${subject}\n`,
  );

interface Given extends Partial<Omit<ForwardOptions, 'scope'>> {
  readonly repositories?: readonly string[];
}

async function forwarding(given: Given = {}, idle = 3600): Promise<void> {
  const backend = paperBackend();
  const directory = join(scratchDirectory('forward'), 'run');
  mkdirSync(directory, { mode: 0o700 });
  path = join(directory, 'forward.sock');
  log = join(directory, '..', 'state', 'forwarded.log');
  const { repositories, ...rest } = given;
  const scope =
    repositories === undefined ? undefined : openScope(repositories, { env: clone.env, crypto });
  const serve = forwardServer({
    backend,
    expected: '',
    matchCommitter: false,
    rate: 60,
    confirm: undefined,
    audit: openAuditLog(log, backend.now),
    online: false,
    ...rest,
    scope,
  });
  agent = await runningAgent({ backend, idle, forward: { path, serve } });
  open.push(agent);
  await offerLogin(agent.address, { network: DIRECT, identity: '', token: new Secret(ALICE) });
}

async function sign(payload: Uint8Array): Promise<string> {
  const connection = await connectAgent(path);
  try {
    const { signature } = await signByAgent(
      { ...connection, secret: '', address: undefined, greeted: () => Promise.resolve() },
      {
        payload,
        expected: 'whoever@example.test',
        login: () => Promise.reject(new Error('no question is allowed')),
        patience: PATIENCE,
        network: DIRECT,
        onWait: () => undefined,
      },
    );
    return signature;
  } finally {
    connection.close();
  }
}

const lines = (): readonly Record<string, unknown>[] =>
  readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('the forwarded socket', () => {
  it('a forwarded payload of 3 MiB is signed like any other (D14 D29)', async () => {
    await forwarding();
    const payload = child([head], 'x'.repeat(3 * 1024 * 1024));
    const { sign: plain } = agent.backend;
    const lengths: number[] = [];
    agent.backend.sign = (whole, credential, network) => {
      lengths.push(whole.length);
      return plain(whole.subarray(0, 100), credential, network);
    };
    expect(await sign(payload)).toContain(`signed by ${ALICE}`);
    expect(lengths).toEqual([payload.length]);
    expect(lines()).toMatchObject([{ verdict: 'signed', parents: [head] }]);
  });

  it('the forwarded socket signs, tells nothing of the agent, and does nothing else (D08 D14)', async () => {
    await forwarding();
    const connection = await connectAgent(path);
    expect(connection.greeting).toEqual({
      agent: 'git-signet',
      protocol: PROTOCOL,
      forwarded: true,
      instance: '',
      pid: 0,
    });
    connection.close();
    expect(await sign(PAYLOAD)).toContain(`signed by ${ALICE}`);
    const secret = readFileSync(agent.address.secretPath, 'utf8');
    const payload = PAYLOAD.toString('base64');
    const others = [
      { op: 'part', bytes: payload },
      { op: 'sign-long', secret, identity: '', size: 2 ** 21 },
      { op: 'status', secret },
      { op: 'stop', secret },
      { op: 'forget', secret, identity: '', all: true },
      { op: 'offer', secret, identity: '', token: 'bob@example.test', refreshToken: '' },
      { op: 'sign', secret, identity: '', payload },
      { op: 'forwarded-sign', payload, identity: 'bob@example.test' },
    ] as const;
    for (const request of others) {
      const each = await connectAgent(path);
      each.send(request as never);
      expect(await each.receive()).toMatchObject({ reply: 'error', code: 'PROTOCOL' });
      each.close();
    }
    expect(agent.backend.signed).toHaveLength(1);
  });

  it('a forwarded request starts no login, and its client is told where to log in (D08)', async () => {
    await forwarding();
    agent.backend.clock += 1000;
    await expect(sign(PAYLOAD)).rejects.toMatchObject({
      exitCode: 4,
      hint: expect.stringContaining('git signet login'),
    });
    expect(lines()).toMatchObject([{ verdict: 'refused', who: '' }]);
  });

  it('a forwarded payload that is no commit or tag is refused (D15)', async () => {
    await forwarding();
    await expect(sign(Buffer.from('I owe mallory 100'))).rejects.toMatchObject({ exitCode: 2 });
    expect(agent.backend.signed).toEqual([]);
  });

  it('a forwarded client gets no other login by naming another committer (D27)', async () => {
    const bob = 'bob@example.test';
    const asBob = Buffer.from(PAYLOAD.toString().replaceAll('a <a@x.test>', `Bob <${bob}>`));
    const offerBob = (): Promise<unknown> =>
      offerLogin(agent.address, {
        network: DIRECT,
        identity: `Bob <${bob}>`,
        token: new Secret(bob),
      });
    await forwarding();
    await offerBob();
    expect(await sign(asBob)).toContain(`signed by ${ALICE}`);
    await forwarding({ matchCommitter: true });
    await offerBob();
    await expect(sign(asBob)).rejects.toMatchObject({
      code: 'LOGIN_REFUSED',
      message: expect.stringContaining(bob),
    });
    expect(agent.backend.signed).toEqual([]);
    expect(lines()).toMatchObject([{ verdict: 'refused' }]);
    const asAlice = Buffer.from(PAYLOAD.toString().replaceAll('a <a@x.test>', `A <${ALICE}>`));
    expect(await sign(asAlice)).toContain(`signed by ${ALICE}`);
  });

  it('forwarded requests, their renewals and open connections do not keep an agent alive (D27)', async () => {
    await forwarding({}, 1);
    const offered = { token: new Secret(ALICE), refreshToken: new Secret(`refresh ${ALICE}`) };
    await offerLogin(agent.address, { network: DIRECT, identity: '', ...offered });
    const held = connect(path);
    held.on('error', () => undefined);
    let renewed = 0;
    while (existsSync(agent.address.path)) {
      agent.backend.clock += 590;
      await sign(PAYLOAD).catch(() => undefined);
      renewed = agent.backend.refreshed.length;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    held.destroy();
    await agent.ended;
    expect(renewed).toBeGreaterThan(1);
  });

  it('the forwarded socket signs commits and tags only, and refuses push certificates and statements (D15, D27, K2, A6)', async () => {
    const everything = { ...paperBackend(), checkPayload: () => undefined };
    await forwarding({ backend: everything });
    const certificate = `certificate version 0.1\npusher a <a@x.test> 1 +0000\n\n${'0'.repeat(40)} ${'1'.repeat(40)} refs/heads/main\n`;
    expect(checkSignable(Buffer.from(certificate))).toBe('push');
    expect(checkSignable(STATEMENT)).toBe('statement');
    for (const payload of [Buffer.from(certificate), STATEMENT]) {
      await expect(sign(payload)).rejects.toMatchObject({
        ...{ exitCode: 2, code: 'KIND_NOT_FORWARDED' },
      });
    }
    expect(everything.signed).toEqual([]);
    expect(await sign(PAYLOAD)).toContain('signed by');
  });

  it('more forwarded signatures in a minute than signet.forwardRate are refused (D14)', async () => {
    await forwarding({ rate: 3 });
    for (let i = 0; i < 3; i += 1) await sign(PAYLOAD);
    await expect(sign(PAYLOAD)).rejects.toMatchObject({
      message: expect.stringContaining('signet.forwardRate'),
    });
    agent.backend.clock += 61;
    await sign(PAYLOAD);
    expect(agent.backend.signed).toHaveLength(4);
  });
});

it('this machine’s clients are served although another machine opens many connections (D13 D14)', {
  timeout: 60_000,
}, async () => {
  await forwarding();
  const sockets = await Promise.all(
    Array.from(
      { length: 160 },
      () =>
        new Promise<Socket>((resolve) => {
          const socket = connect(path, () => resolve(socket));
          socket.on('error', () => resolve(socket));
          socket.resume();
        }),
    ),
  );
  try {
    await expect
      .poll(() => sockets.filter((one) => one.destroyed).length, { timeout: 15_000 })
      .toBeGreaterThanOrEqual(160 - 32);
    expect((await agentState(agent.address)).pid).toBe(process.pid);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});

describe('the scope of a forwarded agent', () => {
  it('a commit on a clone is signed, as is one on top of it, and a root commit is refused (D14)', async () => {
    await forwarding({ repositories: [join(clone.home, 'absent'), clone.path] });
    const first = child([head]);
    const armor = await sign(first);
    const id = objectId(crypto, 'commit', joinSignature(first, utf8(armor), 'gpgsig'), 'sha1');
    const tag = Buffer.from(
      `object ${id}\ntype commit\ntag v1\ntagger a <a@x.test> 1 +0000\n\nfirst\n`,
    );
    await sign(tag);
    await sign(child([id], 'on top'));
    await sign(child([head, id], 'a merge'));
    const before = agent.backend.signed.length;
    for (const parents of [[], ['1'.repeat(40)], [head, '1'.repeat(40)]]) {
      const refused = { code: 'LOGIN_REFUSED', exitCode: 4 };
      await expect(sign(child(parents))).rejects.toMatchObject(refused);
    }
    const names = ['HEAD', `${head}^{commit}`, head.slice(0, 12), head.toUpperCase()];
    for (const name of [...names, '1'.repeat(64)]) {
      for (const parents of [[name], [head, name]]) {
        await expect(sign(child(parents))).rejects.toMatchObject({ code: 'USAGE', exitCode: 2 });
      }
    }
    expect(agent.backend.signed).toHaveLength(before);
    expect(lines().at(0)).toMatchObject({ repository: clone.path, parents: [head] });
  });

  it('a parent line where git reads none does not put a root commit in scope (D14)', async () => {
    await forwarding({ repositories: [clone.path] });
    const lines_ = child([]).toString().split('\n');
    for (const at of [2, 3]) {
      const payload = Buffer.from(lines_.toSpliced(at, 0, `parent ${head}`).join('\n'));
      await expect(sign(payload)).rejects.toMatchObject({ code: 'USAGE' });
    }
    expect(agent.backend.signed).toEqual([]);
  });

  it('work for one clone is not in the scope of another (D14)', async () => {
    const other = scratchRepository('forward');
    other.must('commit', '-q', '--allow-empty', '-m', 'other');
    const strange = other.must('rev-parse', 'HEAD');
    await forwarding({ repositories: [clone.path] });
    await expect(sign(child([strange]))).rejects.toMatchObject({ code: 'LOGIN_REFUSED' });
    await forwarding({ repositories: [clone.path, other.path] });
    await sign(child([strange]));
    await expect(sign(child([strange, head]))).rejects.toMatchObject({ code: 'LOGIN_REFUSED' });
  });
});

describe('the confirmation of a forwarded signature', () => {
  const program = (script: string): string => {
    const file = join(scratchDirectory('confirm'), 'ask');
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  /** Running, and not merely left for its parent to ask how it ended. */
  const alive = (pid: number): boolean => {
    const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
    return /^[^Z\s]/.test(stdout);
  };
  const confirm = (script: string) =>
    confirmWith(program(script), { PATH: process.env['PATH'], SECRET_TOKEN: 'x' });

  it('the configured program asks with one argument and in a bare environment (D14)', async () => {
    const out = join(scratchDirectory('confirm'), 'out');
    const script = `printf '%s|%s\\n' "$#" "$1" > '${out}'; env >> '${out}'`;
    await forwarding({ confirm: confirm(script), repositories: [clone.path] });
    await sign(child([head], '$(touch /tmp/owned) `id` \x1b[31mred'));
    const seen = readFileSync(out, 'utf8');
    expect(seen).toMatch(/^1\|Sign this commit as you, for another machine\?\nsubject: \$\(touch/);
    expect(seen).toContain(`repository: ${clone.path}`);
    expect(seen).toContain('SSH_ASKPASS_PROMPT=confirm');
    expect(seen).not.toMatch(/\x1b|SECRET_TOKEN/);
  });

  it.each([
    ['says no', 'exit 1'],
    ['dies', 'kill -9 $$'],
  ])('nothing is signed if the program that asks %s (D14)', async (_name, script) => {
    await forwarding({ confirm: confirm(script) });
    await expect(sign(PAYLOAD)).rejects.toMatchObject({});
    expect(agent.backend.signed).toEqual([]);
    expect(lines()).toMatchObject([
      { verdict: 'refused', reason: expect.stringContaining('signet.forwardConfirm') },
    ]);
  });

  it('a client waits for a person who takes long to agree (D14)', async () => {
    const answer = Promise.withResolvers<boolean>();
    const asked = Promise.withResolvers<void>();
    const slowly = (): Promise<boolean> => {
      asked.resolve();
      return answer.promise;
    };
    await forwarding({ confirm: slowly });
    vi.useFakeTimers({ toFake: ['setInterval'] });
    try {
      const connection = await connectAgent(path);
      connection.send({ op: 'forwarded-sign', payload: PAYLOAD.toString('base64') });
      await asked.promise;
      vi.advanceTimersByTime(5000);
      expect(await connection.receive(5)).toEqual({ reply: 'wait', on: 'agreement' });
      answer.resolve(true);
      expect(await connection.receive(5)).toMatchObject({ reply: 'signed' });
      connection.close();
    } finally {
      vi.useRealTimers();
    }
  });

  it('the question disappears when the client has gone (D14)', async () => {
    const pids = join(scratchDirectory('confirm'), 'pids');
    // as a script does that asks by way of another program
    const script = `sleep 50 & echo "$$ $!" > '${pids}.new'; mv '${pids}.new' '${pids}'; wait`;
    await forwarding({ confirm: confirm(script) });
    const connection = await connectAgent(path);
    connection.send({ op: 'forwarded-sign', payload: PAYLOAD.toString('base64') });
    await expect.poll(() => existsSync(pids), { timeout: 5000 }).toBe(true);
    const asking = readFileSync(pids, 'utf8').trim().split(' ').map(Number);
    expect(asking.filter(alive)).toHaveLength(2);
    connection.close();
    await expect.poll(() => asking.filter(alive), { timeout: 5000 }).toEqual([]);
    await expect.poll(() => existsSync(log)).toBe(true);
    expect(lines()).toMatchObject([{ verdict: 'refused', reason: 'the client has gone' }]);
    expect(agent.backend.signed).toEqual([]);
  });

  it('nothing is signed if the program that asks is missing (D14)', async () => {
    await forwarding({ confirm: confirmWith('/nowhere/ask', { PATH: '' }) });
    await expect(sign(PAYLOAD)).rejects.toMatchObject({ code: 'LOGIN_REFUSED' });
  });
});

describe('the audit log', () => {
  it('the private audit log has a line for each signature, with hostile text escaped (D14)', async () => {
    await forwarding();
    await sign(child([head], 'pretty\x1b[2J\u202e"}\nforged'));
    expect(statSync(log).mode & 0o777).toBe(0o600);
    const text = readFileSync(log, 'utf8');
    expect(text.split('\n')).toHaveLength(2);
    expect(text).not.toMatch(/\x1b|\u202e/);
    expect(lines()).toEqual([
      {
        time: '1970-01-12T13:46:40.000Z',
        verdict: 'signed',
        who: ALICE,
        type: 'commit',
        subject: expect.stringContaining('pretty'),
        parents: [head],
        payloadSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        repository: '',
      },
    ]);
  });

  it('long text is cut in the audit log, with a mark (D14)', async () => {
    await forwarding({ repositories: [clone.path] });
    const long = 'x'.repeat(200);
    const unknown = Array.from({ length: 16 }, (_, i) => `${i % 10}`.repeat(40));
    const asked = [
      child([], `${long}\x1b${'y'.repeat(500_000)}`),
      child([], '\x1b'.repeat(200)),
      child([], long),
      child([...unknown, head, head]),
      child(unknown),
    ];
    for (const payload of asked) {
      await expect(sign(payload)).rejects.toMatchObject({ code: 'LOGIN_REFUSED' });
    }
    expect(lines()).toMatchObject([
      { subject: `${long}… (cut)` },
      { subject: `${'\\x1b'.repeat(50)}… (cut)` },
      { subject: long },
      { parents: [...unknown, '… and 2 more'] },
      { parents: unknown },
    ]);
    expect(statSync(log).size).toBeLessThan(10_000);
  });

  it('refusals of the rate take one line a minute with their number (D14)', async () => {
    await forwarding({ rate: 1 });
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      await sign(PAYLOAD);
      const refusedTimes = async (times: number): Promise<void> => {
        for (let i = 0; i < times; i += 1)
          await expect(sign(PAYLOAD)).rejects.toThrow('signet.forwardRate');
      };
      const counts = (): readonly unknown[] => lines().map(({ count }) => count);
      await refusedTimes(20);
      expect(counts()).toEqual([undefined, 1]);
      vi.advanceTimersByTime(60_000);
      expect(counts()).toEqual([undefined, 1, 19]);
      await refusedTimes(3);
      vi.advanceTimersByTime(59_000);
      expect(counts()).toEqual([undefined, 1, 19]);
      vi.advanceTimersByTime(1000);
      expect(counts()).toEqual([undefined, 1, 19, 3]);
      vi.advanceTimersByTime(60_000);
      await refusedTimes(1);
      expect(counts()).toEqual([undefined, 1, 19, 3, 1]);
      // what is not the rate's is written each time
      agent.backend.clock += 61;
      await sign(PAYLOAD);
      expect(lines().at(-1)).toMatchObject({ verdict: 'signed' });
    } finally {
      vi.useRealTimers();
    }
  });

  it('nothing is signed if the audit log is a link or cannot be written (D14)', async () => {
    await forwarding();
    mkdirSync(join(log, '..'), { recursive: true });
    symlinkSync(join(clone.home, 'elsewhere'), log);
    await expect(sign(PAYLOAD)).rejects.toMatchObject({ exitCode: 2 });
    const silent: AuditLog = () => Promise.reject(new Error('disk full'));
    await forwarding({ audit: silent });
    await expect(sign(PAYLOAD)).rejects.toMatchObject({ kind: 'broken' });
  });
});
