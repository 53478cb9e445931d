/**
 * A person reads the logs: two repositories, an agent, and one signature that was made elsewhere under the same
 * account. The monitor is silent but for that one, whatever is killed meanwhile.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Intercept } from '../../src/sandbox/index.ts';
import { type Machine, useMachines } from '../support/machine.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { COMMIT } from '../support/signing.ts';

const sandbox = useSandbox();
const newMachine = useMachines(sandbox);
afterEach(() => sandbox().intercept(undefined));

const ALICE = 'alice@example.test';
const trust = (): readonly string[] => ['--trusted-root', sandbox().files.trustedRoot];
const empty = (message: string) => ['commit', '-q', '--allow-empty', '-m', message];

interface Line {
  readonly event: string;
  readonly entry?: { readonly index: string; readonly log: string; readonly digest: string };
  readonly kind?: string;
}

/** One run, by events. */
async function monitor(machine: Machine, ...args: readonly string[]) {
  const all = ['monitor', ...trust(), '--format', 'jsonl', ...args];
  const { exit, out, err } = await machine.signet(machine.home, all);
  const lines = out.split('\n').filter((line) => line !== '');
  return { exit, err, events: lines.map((line): Line => JSON.parse(line)) };
}

/** Signs under alice's account on a machine that is not known here, in these logs. */
async function signElsewhere(...logs: readonly (1 | 2)[]): Promise<void> {
  for (const rekor of logs) await sandbox().issueSignature(COMMIT, { rekor });
}

/** Commits in a repository, in one of the logs. */
async function commit(machine: Machine, at: string, rekorVersion: 1 | 2 = 1): Promise<void> {
  const more = { ...sandbox().environment({ rekorVersion }) };
  const ran = await machine.git(at, empty('a change'), more);
  expect(ran.exit, ran.err).toBe(0);
}

const ownState = ({ env }: Machine): string =>
  join(env['XDG_STATE_HOME'] ?? join(env['HOME'] ?? '', '.local', 'state'), 'git-signet');
const state = (machine: Machine): string => join(ownState(machine), 'monitor');

describe('git signet monitor', () => {
  it('is silent about two repositories and an agent, and tells the one signature made elsewhere', {
    timeout: 120_000,
  }, async () => {
    const machine = await newMachine();
    const [one, two] = [await machine.repository('one'), await machine.repository('two')];
    await commit(machine, one);
    const begun = await monitor(machine, '--init');
    expect([begun.exit, begun.events], begun.err).toEqual([0, []]);
    await commit(machine, one);
    await commit(machine, two);
    await commit(machine, two, 2);
    const quiet = await monitor(machine);
    expect([quiet.exit, quiet.events], quiet.err).toEqual([0, []]);
    await signElsewhere(1, 2);
    const found = await monitor(machine);
    expect(found.exit, found.err).toBe(6);
    expect(found.events.map(({ event }) => event)).toEqual([
      'unexplained-entry',
      'unexplained-entry',
    ]);
    const logs = found.events.map(({ entry }) => entry?.log);
    expect(new Set(logs)).toEqual(new Set([sandbox().urls.rekor, sandbox().urls.rekorV2]));
    expect((await monitor(machine)).exit).toBe(0);

    // another machine of the same person knows the same signatures by the repositories alone
    rmSync(join(ownState(machine), 'ledger.jsonl'));
    const here = ['--identity', ALICE, '--state', join(machine.home, 'fresh')];
    const named = ['--repository', one, '--repository', two];
    for (const way of [[], ['--scan']]) {
      rmSync(join(machine.home, 'fresh'), { recursive: true, force: true });
      const again = await monitor(machine, ...here, ...named, ...way);
      expect(again.exit, again.err).toBe(6);
      expect(again.events).toHaveLength(2);
      expect(new Set(again.events.map(({ entry }) => entry?.log))).toEqual(new Set(logs));
    }
    rmSync(join(machine.home, 'fresh'), { recursive: true, force: true });
    const half = await monitor(machine, ...here, '--repository', one);
    expect(half.events).toHaveLength(4);
  });

  it('says who, when, where, why and what to do, and runs the hooks with escaped values (M15)', async () => {
    const machine = await newMachine();
    const config = machine.env['XDG_CONFIG_HOME'] ?? join(machine.home, '.config');
    const hooks = join(config, 'git-signet', 'hooks.d');
    mkdirSync(hooks, { recursive: true });
    const script = join(hooks, 'mail');
    writeFileSync(
      script,
      `#!/bin/sh\nenv > '${machine.home}/said'\ncat "$JSON_FILENAME" >> '${machine.home}/said'\n`,
    );
    chmodSync(script, 0o755);
    expect((await monitor(machine, '--init', '--identity', ALICE)).exit).toBe(0);
    await signElsewhere(1);
    const ran = await machine.signet(machine.home, ['monitor', ...trust(), '--identity', ALICE]);
    expect(ran.exit, ran.err).toBe(6);
    expect(ran.out).toContain(
      `a signature as ${ALICE} (${sandbox().urls.issuer}) that is not known here`,
    );
    expect(ran.out).toMatch(/when +logged 20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ/);
    expect(ran.out).toContain('there is no ledger here');
    expect(ran.out).toContain(
      `end all sessions at ${sandbox().urls.issuer}, then run: git signet incident --identity`,
    );
    const [, incident = ''] = /then run: git signet (incident .*)$/m.exec(ran.out) ?? [];
    const listed = await machine.must(machine.home, 'init', '-q', join(machine.home, 'any'));
    expect(listed).toBe('');
    const args = incident.replaceAll("'", '').split(' ');
    const hit = await machine.signet(join(machine.home, 'any'), [...args, ...trust()]);
    expect(hit.out, hit.err).toContain(ALICE);
    const said = readFileSync(join(machine.home, 'said'), 'utf8');
    expect(said).toContain('EVENT=unexplained-entry');
    expect(said).toContain(`SUMMARY=a signature as ${ALICE}`);
    expect(said).not.toMatch(/SIGSTORE_|SIGNET_/);
    expect(JSON.parse(said.slice(said.lastIndexOf('\n{') + 1))).toMatchObject({
      schemaVersion: 1,
      event: 'unexplained-entry',
      entry: { signer: { value: ALICE } },
    });
    expect(ran.out.split('\n').filter((line) => line.includes('not known here'))).toHaveLength(1);
  });

  it('shows hostile text of a certificate escaped, to a person and to a hook (M15)', async () => {
    const machine = await newMachine();
    const work = machine.directory('work');
    const issuer = 'https://token.actions.githubusercontent.com';
    const policy = `version: 1\nsigners:\n  - name: ci\n    identity-pattern: https://github\\.com/acme/app.*\n    issuer: ${issuer}\n`;
    writeFileSync(join(work, 'policy.yaml'), policy);
    const hooks = machine.directory('hooks');
    writeFileSync(join(hooks, 'said'), `#!/bin/sh\nenv > '${machine.home}/said'\n`);
    chmodSync(join(hooks, 'said'), 0o755);
    await machine.must(machine.home, 'config', '--global', 'signet.monitorHooks', hooks);
    const watching = ['--policy', join(work, 'policy.yaml'), '--scan'];
    expect((await monitor(machine, '--init', ...watching)).exit).toBe(0);
    const value = 'https://github.com/acme/app\u001b[2J\nEVENT=none\n\u202e$(touch owned)';
    const extensions = { 12: 'https://github.com/acme/app', 21: 'a run\n\u001b]0;owned\u0007' };
    const principal = {
      san: { kind: 'uri', value },
      challenge: value,
      issuer,
      extensions,
    } as const;
    await sandbox().issueSignature(COMMIT, { rekor: 2, principal });
    const ran = await machine.signet(work, ['monitor', ...trust(), ...watching]);
    expect(ran.exit, ran.err).toBe(6);
    expect(ran.out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(ran.out).toContain('acme/app\\x1b[2J\\x0aEVENT=none');
    const said = readFileSync(join(machine.home, 'said'), 'utf8').split('\n');
    expect(said.filter((line) => line.startsWith('EVENT='))).toEqual(['EVENT=unexplained-entry']);
    expect(said.filter((line) => line.startsWith('SUMMARY='))).toHaveLength(1);
    expect(readdirSync(work)).toEqual(['policy.yaml']);
  });

  it('tells again what a failing hook did not tell, and passes over hooks that others may write (M16)', async () => {
    const machine = await newMachine();
    const hooks = join(machine.home, 'hooks');
    mkdirSync(hooks);
    const hook = join(hooks, 'fails');
    writeFileSync(hook, '#!/bin/sh\necho no mail today >&2\nexit 3\n');
    chmodSync(hook, 0o755);
    await machine.must(machine.home, 'config', '--global', 'signet.monitorHooks', hooks);
    await monitor(machine, '--init', '--identity', ALICE);
    await signElsewhere(2);
    for (let time = 0; time < 2; time += 1) {
      const failed = await monitor(machine, '--identity', ALICE);
      expect([failed.exit, failed.events.length]).toEqual([6, 1]);
      expect(failed.err).toContain('ended with 3: no mail today');
    }
    chmodSync(hook, 0o777);
    const passed = await monitor(machine, '--identity', ALICE);
    expect(passed.err).toContain('other users may write to it');
    rmSync(hook);
    expect((await monitor(machine, '--identity', ALICE)).exit).toBe(6);
    expect((await monitor(machine, '--identity', ALICE)).exit).toBe(0);
    // a clone names no hooks
    const clone = await machine.repository('clone', { 'signet.monitorHooks': '/tmp' });
    const ran = await machine.signet(clone, ['monitor', ...trust(), '--identity', ALICE]);
    expect(ran.err).toContain('signet.monitorHooks');
  });

  it('asks for an identity if this machine has signed nothing', async () => {
    const machine = await newMachine();
    const ran = await monitor(machine);
    expect(ran.exit).toBe(2);
    expect(ran.err).toContain('git signet monitor --identity');
    const keys = join(machine.home, 'keys.yaml');
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN7Pjx5W6dDdRwvDdCwvq4wsWc4Yy9zYt2CwW8wJmZ4b';
    writeFileSync(keys, `version: 1\nsigners:\n  - name: alice\n    ssh: ${key}\n`);
    const keyless = await monitor(machine, '--policy', keys);
    expect([keyless.exit, keyless.err]).toEqual([
      2,
      expect.stringContaining('no keyless identity'),
    ]);
    const none = await monitor(machine, '--identity', ALICE, '--repository', '/nowhere');
    expect(none.exit).toBe(2);
  });
});

describe('status and doctor', () => {
  const doctor = async (machine: Machine, more: Record<string, string> = {}) => {
    const { out } = await machine.signet(machine.home, ['doctor', '--offline', '--json'], {
      env: more,
    });
    const { checks } = JSON.parse(out) as {
      readonly checks: readonly { name: string; level: string; detail: string }[];
    };
    return checks.filter(({ name }) => name === 'monitor' || name === 'ledger');
  };

  it('say when each log was last read to its end, and warn when that is too long ago (M12)', async () => {
    const machine = await newMachine();
    expect((await doctor(machine)).map(({ name, level }) => `${name} ${level}`)).toEqual([
      'ledger ok',
      'monitor ok',
    ]);
    await monitor(machine, '--init', '--identity', ALICE);
    const [, ...lines] = await doctor(machine);
    expect(lines).toHaveLength(2);
    for (const { level, detail } of lines) {
      expect([level, detail]).toEqual([
        'ok',
        expect.stringMatching(/read to its end \d+ seconds? ago/),
      ]);
    }
    const late = { SIGNET_MONITOR_AGE: '0' };
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await doctor(machine, late)).map(({ level }) => level)).toEqual(['ok', 'warn', 'warn']);
    const status = await machine.signet(machine.home, ['status'], { env: late });
    expect(status.out).toMatch(
      /^monitor: .* read to its end \d+ seconds? ago.*Run: git signet monitor$/m,
    );
    const json = JSON.parse((await machine.signet(machine.home, ['status', '--json'])).out);
    expect(json.monitor).toMatchObject([{ late: false }, { late: false }]);
  });

  it('say that the ledger cannot be written, and signing goes on (M06)', async () => {
    const machine = await newMachine();
    const work = await machine.repository('work');
    mkdirSync(join(ownState(machine), 'ledger.jsonl'), { recursive: true });
    await commit(machine, work);
    const [ledger] = await doctor(machine);
    expect([ledger?.level, ledger?.detail]).toEqual([
      'warn',
      expect.stringContaining('cannot be written'),
    ]);
  });
});

describe('what is killed', () => {
  /** Starts a run and kills it when it asks for a path; resolves when it is dead. */
  async function killedAt(
    machine: Machine,
    path: RegExp,
    ...args: readonly string[]
  ): Promise<void> {
    let kill: () => void = () => undefined;
    const intercept: Intercept = (_service, request) => {
      if (!path.test(request.path)) return undefined;
      kill();
      return new Promise(() => undefined);
    };
    sandbox().intercept(intercept);
    const child = spawn(programUnderTest(), ['monitor', ...trust(), ...args], {
      cwd: machine.home,
      env: { ...machine.env },
      stdio: 'ignore',
    });
    kill = () => child.kill('SIGKILL');
    await once(child, 'close');
    sandbox().intercept(undefined);
    // it asked for that path, and did not end before
    expect(child.signalCode).toBe('SIGKILL');
  }

  it('a monitor that is killed at any request loses nothing, and its lock does not keep the next one out (M10, M17)', {
    timeout: 120_000,
  }, async () => {
    const machine = await newMachine();
    const watching = ['--identity', ALICE];
    expect((await monitor(machine, '--init', ...watching)).exit).toBe(0);
    await signElsewhere(1, 2);
    const points = [
      /api\/v1\/log$/,
      /index\/retrieve/,
      /entries\/retrieve/,
      /v2\/checkpoint/,
      /tile\/entries/,
    ];
    for (const point of points) await killedAt(machine, point, ...watching);
    for (const point of [/entries\/retrieve/])
      await killedAt(machine, point, '--scan', ...watching);
    const found = await monitor(machine, ...watching);
    expect([found.exit, found.events.length], found.err).toEqual([6, 2]);
    expect(readdirSync(state(machine)).filter((name) => name.startsWith('update-'))).toEqual([]);
  });

  it('a second monitor does not run beside the first (M17)', async () => {
    const machine = await newMachine();
    let second: Awaited<ReturnType<typeof monitor>> | undefined;
    sandbox().intercept(async (_service, { path }) => {
      if (path === '/api/v2/checkpoint' && second === undefined) {
        second = { exit: -1, err: '', events: [] };
        second = await monitor(machine, '--identity', ALICE);
      }
      return undefined;
    });
    const first = await monitor(machine, '--identity', 'carol@example.test');
    expect(first.exit, first.err).toBe(0);
    expect(second?.exit).toBe(2);
    expect(second?.err).toContain('another git signet monitor works with the same state');
  });

  it('a signer that is killed when the log has its entry leaves no alarm (M06)', async () => {
    const machine = await newMachine({ agent: 'false' });
    const work = await machine.repository('work');
    await commit(machine, work);
    expect((await monitor(machine, '--init')).exit).toBe(0);
    const { rekor } = sandbox().parts;
    const before = rekor.tree.size;
    let kill: () => void = () => undefined;
    sandbox().intercept(async (_service, { method, path }, proceed) => {
      if (method !== 'POST' || path !== '/api/v1/log/entries') return undefined;
      await proceed();
      kill();
      return new Promise(() => undefined);
    });
    const child = spawn(programUnderTest(), ['--status-fd=2', '-bsau', 'x'], {
      cwd: work,
      env: { ...machine.env, SIGNET_AGENT: 'no', SIGSTORE_ID_TOKEN: await sandbox().mintToken() },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    kill = () => child.kill('SIGKILL');
    child.stdin.end(COMMIT);
    await once(child, 'close');
    sandbox().intercept(undefined);
    expect(rekor.tree.size).toBe(before + 1);
    const after = await monitor(machine);
    expect([after.exit, after.events], after.err).toEqual([0, []]);
  });
});

describe('a log that lies', () => {
  it('is caught with both notes, by exit code 1, in words of its own (M02)', async () => {
    const machine = await newMachine();
    const watching = ['--identity', ALICE];
    await signElsewhere(1, 2);
    expect((await monitor(machine, '--init', ...watching)).exit).toBe(0);
    const { rekorV2 } = sandbox().parts;
    const old = rekorV2.checkpoint();
    await signElsewhere(2);
    await monitor(machine, ...watching);
    sandbox().intercept((service, { path }) =>
      service === 'rekorV2' && path === '/api/v2/checkpoint'
        ? { status: 200, body: old }
        : undefined,
    );
    const run = await machine.signet(machine.home, ['monitor', ...trust(), ...watching]);
    expect(run.exit, run.err).toBe(1);
    expect(run.out).toMatch(
      /^THE LOG WENT BACK: .*its tree has \d+ entries, and it signed one of \d+/,
    );
    const [name = ''] = readdirSync(join(state(machine), 'evidence'));
    const evidence = JSON.parse(readFileSync(join(state(machine), 'evidence', name), 'utf8'));
    expect(evidence).toMatchObject({
      kind: 'shortened',
      later: old,
      earlier: rekorV2.checkpoint(),
    });
  });

  it('that cannot be read is told by exit code 3', async () => {
    const machine = await newMachine();
    sandbox().intercept((service) => (service === 'rekorV2' ? { status: 503 } : undefined));
    const run = await monitor(machine, '--identity', 'dora@example.test');
    expect([run.exit, run.events.map(({ event }) => event)]).toEqual([3, ['unread-log']]);
  });
});
