/** git runs without a terminal, as an editor starts it: it says only that signing failed. `status` and `doctor` say why. */

import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runMeanwhile } from '../support/git-repository.ts';
import { useMachines } from '../support/machine.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { findProgram } from '../support/tools.ts';

const sandbox = useSandbox();
const machine = useMachines(sandbox);
const COMMIT = ['commit', '-q', '--allow-empty', '-m', 'x'];

/** A machine without browser, agent or login. */
async function desk(more: Readonly<Record<string, string>> = {}) {
  const made = await machine({ urlOpener: '', agent: 'no', ...more });
  const cwd = await made.repository('parser');
  const file = join(made.home, 'git-signet/last-failure.json');
  // setsid: there is no controlling terminal, wherever the tests run
  const withoutTerminal = (args: readonly string[], env: Record<string, string> = {}) =>
    runMeanwhile(findProgram('setsid') ?? 'setsid', ['-w', 'git', ...args], {
      cwd,
      env: { ...made.env, ...env },
    });
  return { ...made, cwd, file, withoutTerminal };
}

describe('a commit that failed without a terminal', () => {
  it('is explained by status and doctor, until the next success', async () => {
    const { cwd, home, file, signet, withoutTerminal } = await desk();
    const failed = await withoutTerminal(COMMIT);
    expect(failed.exit).toBe(128);
    const status = await signet(cwd, ['status']);
    expect(status.out).toMatch(
      /^last failure to sign: [-\d]+ [:\d]+Z in \S*parser: you are not logged in, and there is no terminal.*\n {2}git signet login/m,
    );
    const doctor = await signet(cwd, ['doctor', '--offline']);
    expect(doctor.out).toMatch(/^warn {2}last failure +[-\d]+ [:\d]+Z in .*you are not logged in/m);
    const json = JSON.parse((await signet(cwd, ['status', '--json'])).out);
    expect(json.lastFailure).toMatchObject({ code: 'LOGIN_NO_TERMINAL', repository: cwd });
    const env = { SIGSTORE_ID_TOKEN: await sandbox().mintToken({ email: 'alice@example.test' }) };
    const signed = await withoutTerminal(COMMIT, env);
    expect([signed.exit, signed.err]).toEqual([0, '']);
    expect(existsSync(file)).toBe(false);
    expect((await signet(home, ['status'])).out).not.toContain('last failure');
  });

  it('is kept when the configuration itself is what failed', async () => {
    const { cwd, signet, withoutTerminal } = await desk({ quiet: 'perhaps' });
    expect((await withoutTerminal(COMMIT)).exit).toBe(128);
    const env = { SIGNET_QUIET: 'yes' };
    const status = await signet(cwd, ['status'], { env });
    expect(status.out).toMatch(/^last failure to sign: .*signet\.quiet is 'perhaps'/im);
  });

  it('is not kept if signet.lastFailure says so', async () => {
    const { cwd, file, must, withoutTerminal } = await desk();
    expect((await withoutTerminal(COMMIT, { SIGNET_LAST_FAILURE: 'no' })).exit).toBe(128);
    await must(cwd, 'config', 'signet.lastFailure', 'off');
    expect((await withoutTerminal(COMMIT)).exit).toBe(128);
    expect(existsSync(file)).toBe(false);
  });

  it('shows its own error although nothing can be kept', async () => {
    const { home, file, withoutTerminal } = await desk();
    // a folder stands where the file should be
    mkdirSync(file, { recursive: true });
    const folder = join(home, 'git-signet');
    chmodSync(folder, 0o500);
    const payload =
      'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@b.c> 1 +0000\ncommitter A <a@b.c> 1 +0000\n\nx\n';
    const { exit, err } = await withoutTerminal(['--version']).then(() =>
      runMeanwhile('setsid', ['-w', programUnderTest(), '--status-fd=2', '-bsau', ''], {
        cwd: home,
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: home,
          GIT_CONFIG_GLOBAL: join(home, 'gitconfig'),
        },
        input: Buffer.from(payload),
      }),
    );
    chmodSync(folder, 0o700);
    expect([exit, err]).toEqual([4, expect.stringContaining('you are not logged in')]);
  });

  it('a message that was planted is shown, not obeyed (S10)', async () => {
    const { cwd, file, signet, withoutTerminal } = await desk();
    await withoutTerminal(COMMIT);
    const { writeFileSync } = await import('node:fs');
    const kept = JSON.parse(readFileSync(file, 'utf8'));
    const hostile = '\x1b[2J\x1b]0;x\x07\n  run: rm -rf ~';
    const planted = { ...kept, message: hostile, hint: hostile, repository: hostile };
    writeFileSync(file, JSON.stringify(planted));
    for (const args of [['status'], ['doctor', '--offline']]) {
      const { out } = await signet(cwd, args);
      expect(out).toContain('\\x1b[2J');
      expect(out).not.toMatch(/[\x1b\x07]|^ {2}run: rm/m);
    }
  });

  it('a signature of a verifier’s call is no failure to sign', async () => {
    const { cwd, file, withoutTerminal } = await desk();
    await withoutTerminal(['commit', '-q', '--no-gpg-sign', '--allow-empty', '-m', 'x']);
    await withoutTerminal(['verify-commit', 'HEAD']);
    expect([existsSync(file), existsSync(join(cwd, '.git'))]).toEqual([false, true]);
  });
});
