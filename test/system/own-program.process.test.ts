import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import {
  asksPathForInterpreter,
  installOwnProgram,
  ownProgram,
} from '../../src/system/own-program.ts';
import { scratchDirectory } from '../support/sandbox.ts';

/** These tests run on Node, so this process is the Node form: `entry` is what it started from. */
function place() {
  const home = scratchDirectory('own-program');
  const entry = join(home, "it's here", 'git-signet.cjs');
  mkdirSync(dirname(entry));
  writeFileSync(entry, "process.stdout.write(JSON.stringify([...process.argv.slice(2), 'ran']))");
  return { home, running: { env: { HOME: home, PATH: '' }, entry } };
}

describe('the program that git starts', () => {
  it('runs the Node form with no node on PATH', () => {
    const { home, running } = place();
    const path = installOwnProgram(running);
    expect(path).toBe(join(home, '.local/share/git-signet/git-signet'));
    const { stdout, stderr, status } = spawnSync(path, ['-bsau', "a 'b'"], { env: { PATH: '' } });
    expect([status, String(stderr)]).toEqual([0, '']);
    expect(JSON.parse(String(stdout))).toEqual(['-bsau', "a 'b'", 'ran']);
  });

  it('names the entry of PATH that leads to this node, because an upgrade keeps it', () => {
    const { home, running } = place();
    const bin = join(home, 'bin');
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, 'node'));
    const env = { ...running.env, PATH: bin };
    expect(ownProgram({ ...running, env }).launcher).toContain(`exec '${bin}/node' `);
  });

  it('does not name another node of PATH', () => {
    const { home, running } = place();
    const bin = join(home, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'node'), '#!/bin/sh\n', { mode: 0o755 });
    const env = { ...running.env, PATH: bin };
    expect(ownProgram({ ...running, env }).launcher).toContain(`exec '${process.execPath}' `);
  });

  it.each([
    ['that needs no interpreter of PATH is taken', '#!/bin/sh\n', 'bin'],
    ['that asks PATH for node is not', '#!/usr/bin/env node\n', '.local/share/git-signet'],
  ])('a git-signet on PATH %s', (_what, text, folder) => {
    const { home, running } = place();
    const bin = join(home, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'git-signet'), text, { mode: 0o755 });
    const env = { ...running.env, PATH: bin };
    expect(ownProgram({ ...running, env }).path).toBe(join(home, folder, 'git-signet'));
    expect(ownProgram({ ...running, env, directory: home }).path).toBe(join(home, 'git-signet'));
  });

  it('says what to type where the Node form was removed', () => {
    const { running } = place();
    const path = installOwnProgram(running);
    rmSync(running.entry);
    const { stdout, stderr, status } = spawnSync(path, ['--status-fd=2'], { env: { PATH: '' } });
    expect([status, String(stdout)]).toEqual([2, '']);
    expect(String(stderr)).toBe(
      `git-signet: ${running.entry} was removed, and git starts git-signet by it\n  git signet init\n`,
    );
  });

  it('is written anew over an older one, and nothing else is left', () => {
    const { running } = place();
    const path = installOwnProgram(running);
    writeFileSync(path, 'old');
    chmodSync(path, 0o600);
    expect(installOwnProgram(running)).toBe(path);
    expect(readFileSync(path, 'utf8')).toBe(ownProgram(running).launcher);
    expect(spawnSync('ls', [dirname(path)]).stdout.toString()).toBe('git-signet\n');
  });

  it.each<[string, Record<string, string>, string]>([
    ['no home', {}, 'neither XDG_DATA_HOME nor HOME is set'],
    ['a home that is no folder', { HOME: '/dev/null' }, 'cannot write /dev/null/'],
  ])('is refused where there is %s', (_what, env, says) => {
    const { running } = place();
    const install = () => installOwnProgram({ ...running, env });
    expect(install).toThrow(ConfigError);
    expect(install).toThrow(says);
  });

  it.each([
    ['#!/usr/bin/env node\n', true],
    ['#!/usr/bin/env -S node --x\n', true],
    ['#! /bin/env node\n', true],
    ['#!/bin/sh\n# env\n', false],
    ['#!/opt/environment/sh\n', false],
    ['\x7fELF', false],
    ['', false],
  ])('asks PATH for its interpreter or does not: %j', (text, asks) => {
    const file = join(scratchDirectory('own-program'), 'program');
    writeFileSync(file, text);
    expect(asksPathForInterpreter(file)).toBe(asks);
    expect(asksPathForInterpreter(`${file}.gone`)).toBe(false);
  });
});
