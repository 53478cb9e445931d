/** `git signet sandbox` as a person uses it: a child process, real git, nothing left behind. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run as runProgram } from '../support/peers.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
let scratch: string;
let work: string;
let temporary: string;

beforeEach(async () => {
  scratch = scratchDirectory('sandbox-command');
  work = join(scratch, 'work');
  temporary = join(scratch, 'tmp');
  for (const dir of [work, temporary]) mkdirSync(dir);
  await runProgram('git', ['init', '-q', '.'], { cwd: work });
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const environment = (): Record<string, string> => ({ HOME: scratch, TMPDIR: temporary });

const signet = (...args: readonly string[]) =>
  runProgram(process.execPath, [main, 'sandbox', ...args], { cwd: work, env: environment() });

describe('sandbox run', () => {
  it('a command signs and verifies with the sandbox’s environment alone, and leaves no file', async () => {
    const script = `git commit -q --allow-empty -S -m one && git verify-commit HEAD &&
      git log -1 --format='%G? %GS' && env`;
    const { code, stdout } = await signet('run', '--', 'sh', '-c', script);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^U alice@example\.test \(http:\/\/127\.0\.0\.1:\d+\)$/m);
    expect(stdout).toMatch(/^GIT_CONFIG_GLOBAL=/m);
    expect(stdout).not.toMatch(/^SIGNET_TRUST=/m);
    expect(readdirSync(temporary)).toEqual([]);
    expect(existsSync(join(scratch, '.local'))).toBe(false);
    const after = await runProgram('git', ['config', '--list'], { cwd: work, env: environment() });
    expect(after.stdout).not.toContain('gpg.');
  });

  it('a gate believes its configuration, and what is set there stays there (P20)', async () => {
    const own = join(scratch, '.gitconfig');
    const before = '[user]\n\tname = Somebody\n[alias]\n\thi = version\n';
    writeFileSync(own, before);
    const program = '"$(git config gpg.x509.program)"';
    const policy = `version: 1\nsigners:\n  - {name: alice, identity: alice@example.test, issuer: '$GITSIGN_OIDC_ISSUER'}\n`;
    const script = `git hi && git commit -q --allow-empty -S -m one &&
      printf "${policy}" > ../signers.yaml && ${program} policy use --global ../signers.yaml &&
      ${program} verify --format json HEAD && git log -1 --format=%G?`;
    const { code, stdout, stderr } = await runProgram(
      process.execPath,
      [main, 'sandbox', 'run', '--', 'sh', '-c', script],
      { cwd: work, env: { ...environment(), GIT_CONFIG_GLOBAL: own } },
    );
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('ignored')]);
    expect(stdout).toMatch(/^git version/);
    expect(stdout).toMatch(/"trust":\{.*"origin":"signet\.trust \(.*gitconfig\)"/);
    expect(stdout).toMatch(/^G$/m);
    expect(readFileSync(own, 'utf8')).toBe(before);
  });

  it('the sandbox signs into Rekor v2, for the named person, in a state that is kept', async () => {
    const kept = join(scratch, 'kept');
    const args = ['run', '--dir', kept, '--rekor', '2', '--user', 'bob@example.test', '--'];
    const { code } = await signet(...args, 'sh', '-c', 'git commit -q --allow-empty -S -m two');
    expect(code).toBe(0);
    expect(readFileSync(join(kept, 'rekor-v2.log'), 'utf8').trim().split('\n')).toHaveLength(1);
    const later = await signet(
      ...args,
      'sh',
      '-c',
      "git verify-commit HEAD && git log -1 --format='%GS'",
    );
    expect(later.stdout).toContain('bob@example.test');
  });

  it('the sandbox hides settings of other instances from its child', async () => {
    const env = {
      ...environment(),
      SIGNET_REKOR_URL: 'http://elsewhere.example',
      SIGSTORE_ID_TOKEN: 'mine',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'a.b',
      GIT_CONFIG_VALUE_0: 'c',
    };
    const script = 'git config a.b; git config gpg.format; env';
    const { stdout } = await runProgram(
      process.execPath,
      [main, 'sandbox', 'run', '--browser', '--', 'sh', '-c', script],
      { cwd: work, env },
    );
    expect(stdout).toMatch(/^c\nx509\n/);
    expect(stdout).not.toMatch(/elsewhere|SIGSTORE_ID_TOKEN/);
  });

  it('the sandbox ends with the command’s own code', async () => {
    expect((await signet('run', '--', 'sh', '-c', 'exit 7')).code).toBe(7);
    expect((await signet('run', '--', 'sh', '-c', 'kill -TERM $$')).code).toBe(143);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('the sandbox passes a signal on, waits for the child, and cleans up', async () => {
    const script = 'trap "exit 9" TERM; echo up; while :; do sleep 0.05; done';
    const child: ChildProcess = spawn(
      process.execPath,
      [main, 'sandbox', 'run', '--', 'sh', '-c', script],
      {
        cwd: work,
        env: { PATH: process.env.PATH, ...environment() },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const ended = new Promise((resolve) => child.on('close', resolve));
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    child.kill('SIGTERM');
    expect(await ended).toBe(9);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('every misuse of the sandbox is exit 2 with a next step (F2)', async () => {
    const misuses = [
      [],
      ['run'],
      ['frobnicate'],
      ['run', 'git', 'commit'],
      ['run', '--rekor', '3', '--', 'true'],
      ['start', '--port', 'x'],
      ['run', '--', join(work, 'absent')],
      ['run', '--frob', '--', 'true'],
    ];
    const runs = await Promise.all(misuses.map((args) => signet(...args)));
    for (const [at, { code, stdout, stderr }] of runs.entries()) {
      expect([misuses[at], code, stdout]).toEqual([misuses[at], 2, '']);
      expect(stderr).toMatch(/^git-signet: /);
    }
  });
});

describe('sandbox start and stop', () => {
  it('a sandbox starts once, serves another process, stops, and starts again as the same', async () => {
    const first = await signet('start');
    try {
      expect(first.code).toBe(0);
      expect(first.stdout).toMatch(/^export GIT_CONFIG_GLOBAL='/m);
      expect(first.stdout).not.toContain('SIGNET_TRUST');
      expect((await signet('start')).stdout).toBe(first.stdout);
      const busy = await signet(
        'run',
        '--dir',
        join(scratch, '.local/state/git-signet/sandbox'),
        '--',
        'true',
      );
      expect([busy.code, busy.stderr]).toEqual([2, expect.stringContaining('is running')]);
      const issuer = /GITSIGN_OIDC_ISSUER='([^']+)'/.exec(first.stdout)?.[1];
      const configuration = await fetch(`${issuer}/.well-known/openid-configuration`);
      expect(configuration.status).toBe(200);
    } finally {
      expect((await signet('stop')).code).toBe(0);
    }
    expect((await signet('stop')).stderr).toContain('no sandbox is running');
    const again = await signet('start');
    expect((await signet('stop')).code).toBe(0);
    expect(again.stdout).toBe(first.stdout);
  });

  it('the sandbox says how to end it, also in a folder that was named', async () => {
    const elsewhere = join(scratch, 'else where');
    const { code, stderr } = await signet('start', '--dir', elsewhere);
    try {
      expect([code, stderr]).toEqual([
        0,
        expect.stringContaining(`end it: git signet sandbox stop --dir '${elsewhere}'\n`),
      ]);
    } finally {
      expect((await signet('stop', '--dir', elsewhere)).code).toBe(0);
    }
  });
});
