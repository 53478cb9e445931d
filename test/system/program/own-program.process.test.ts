import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/errors.ts';
import {
  asksPathForInterpreter,
  installOwnProgram,
  launcherFiles,
  ownProgram,
} from '../../../src/system/program/own-program.ts';
import { buildFacts } from '../../../src/system/program/version.ts';
import { scratchDirectory } from '../../support/sandbox.ts';

/** These tests run on Node, so this process is the Node form: `entry` is what it started from. */
function place() {
  const home = scratchDirectory('own-program');
  const entry = join(home, "it's here", 'git-signet.cjs');
  mkdirSync(dirname(entry));
  writeFileSync(entry, "process.stdout.write(JSON.stringify([...process.argv.slice(2), 'ran']))");
  return { home, running: { env: { HOME: home, PATH: '' }, entry } };
}

const tell = (facts: object) => `echo '${JSON.stringify(facts)}'`;
const SAME = tell(buildFacts());
const OTHER = tell({ ...buildFacts(), build: 'another' });

describe('the program that git starts', () => {
  it('the launcher runs the Node form with no node on PATH', async () => {
    const { home, running } = place();
    const { path } = await installOwnProgram(running);
    expect(path).toBe(join(home, '.local/share/git-signet/git-signet'));
    const { stdout, stderr, status } = spawnSync(path, ['-bsau', "a 'b'"], { env: { PATH: '' } });
    expect([status, String(stderr)]).toEqual([0, '']);
    expect(JSON.parse(String(stdout))).toEqual(['-bsau', "a 'b'", 'ran']);
  });

  it('the launcher names the entry of PATH that leads to this node, because an upgrade keeps it', async () => {
    const { home, running } = place();
    const bin = join(home, 'bin');
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, 'node'));
    const env = { ...running.env, PATH: bin };
    expect((await ownProgram({ ...running, env })).launcher).toContain(`exec '${bin}/node' `);
  });

  it('the launcher does not name another node of PATH', async () => {
    const { home, running } = place();
    const bin = join(home, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'node'), '#!/bin/sh\n', { mode: 0o755 });
    const env = { ...running.env, PATH: bin };
    expect((await ownProgram({ ...running, env })).launcher).toContain(
      `exec '${process.execPath}' `,
    );
  });

  it.each([
    ['that starts this build is taken', '#!/bin/sh\n', SAME, 'bin'],
    ['that starts another build is not', '#!/bin/sh\n', OTHER, '.local/share/git-signet'],
    ['that fails is not', '#!/bin/sh\n', `${SAME}; exit 1`, '.local/share/git-signet'],
    ['that asks PATH for node is not', '#!/usr/bin/env node\n', '', '.local/share/git-signet'],
  ])('a git-signet on PATH %s', async (_what, start, answer, folder) => {
    const { home, running } = place();
    const bin = join(home, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'git-signet'), `${start}${answer}\n`, { mode: 0o755 });
    const env = { ...running.env, PATH: bin };
    expect((await ownProgram({ ...running, env })).path).toBe(join(home, folder, 'git-signet'));
    const own = await ownProgram({ ...running, env, directory: home });
    expect(own.path).toBe(join(home, 'git-signet'));
  });

  it('a script in the folder of a version is told as passing', async () => {
    const { home, running } = place();
    const versions = join(home, 'installs/node');
    const entry = join(versions, '24.1.0/lib/git-signet.cjs');
    mkdirSync(dirname(entry), { recursive: true });
    writeFileSync(entry, '');
    expect((await ownProgram({ ...running, entry })).passing).toBe(entry);
    symlinkSync('./24.1.0', join(versions, 'latest'));
    const { passing, launcher } = await ownProgram({ ...running, entry });
    expect(passing).toBeUndefined();
    expect(launcher).toContain(join(versions, 'latest/lib/git-signet.cjs'));
  });

  it('the launcher starts a shim of node if the node of its version is gone', async () => {
    const { home, running } = place();
    const { execPath } = process;
    const old = join(home, 'installs/nodejs/24.1.0/bin/node');
    mkdirSync(dirname(old), { recursive: true });
    symlinkSync(execPath, old);
    const shim = join(home, 'shims/node');
    mkdirSync(dirname(shim));
    writeFileSync(shim, `#!/usr/bin/env bash\nexec '${execPath}' "$@"\n`, { mode: 0o755 });
    const env = { ...running.env, PATH: dirname(shim) };
    const set = (value: string) => Object.defineProperty(process, 'execPath', { value });
    set(old);
    const { path, passing } = await installOwnProgram({ ...running, env }).finally(() =>
      set(execPath),
    );
    expect(passing).toBeUndefined();
    expect(launcherFiles(path)).toEqual([old, running.entry]);
    rmSync(old);
    expect(launcherFiles(path)).toEqual([shim, running.entry]);
    const { stdout, status } = spawnSync(path, ['-v'], { env: { PATH: '/usr/bin:/bin' } });
    expect([status, JSON.parse(String(stdout))]).toEqual([0, ['-v', 'ran']]);
  });

  it('the launcher says what to type if the Node form was removed', async () => {
    const { running } = place();
    const { path } = await installOwnProgram(running);
    rmSync(running.entry);
    const { stdout, stderr, status } = spawnSync(path, ['--status-fd=2'], { env: { PATH: '' } });
    expect([status, String(stdout)]).toEqual([2, '']);
    expect(String(stderr)).toBe(
      `git-signet: ${running.entry} was removed, but git starts git-signet with it\n  git signet init\n`,
    );
  });

  it('the launcher is written anew over an older one, and nothing else is left', async () => {
    const { running } = place();
    const { path } = await installOwnProgram(running);
    writeFileSync(path, 'old');
    chmodSync(path, 0o600);
    expect((await installOwnProgram(running)).path).toBe(path);
    expect(readFileSync(path, 'utf8')).toBe((await ownProgram(running)).launcher);
    expect(spawnSync('ls', [dirname(path)]).stdout.toString()).toBe('git-signet\n');
  });

  it.each<[string, Record<string, string>, string]>([
    ['no home', {}, 'XDG_DATA_HOME'],
    ['a home that is no folder', { HOME: '/dev/null' }, '/dev/null/'],
  ])('the launcher is refused if there is %s', async (_what, env, named) => {
    const { running } = place();
    const install = () => installOwnProgram({ ...running, env });
    await expect(install()).rejects.toThrow(ConfigError);
    await expect(install()).rejects.toThrow(named);
  });

  it.each([
    ['#!/usr/bin/env node\n', true],
    ['#!/usr/bin/env -S node --x\n', true],
    ['#! /bin/env node\n', true],
    ['#!/usr/bin/env bash\n', false],
    ['#!/usr/bin/env -S sh -e\n', false],
    ['#!/usr/bin/env shell\n', true],
    ['#!/bin/sh\n# env\n', false],
    ['#!/opt/environment/sh\n', false],
    ['\x7fELF', false],
    ['', false],
  ])('a script that asks PATH for its interpreter is recognised: %j', (text, asks) => {
    const file = join(scratchDirectory('own-program'), 'program');
    writeFileSync(file, text);
    expect(asksPathForInterpreter(file)).toBe(asks);
    expect(asksPathForInterpreter(`${file}.gone`)).toBe(false);
  });
});
