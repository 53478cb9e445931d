/**
 * `git signet init` is killed after each of its writes, in turn; then the person runs it again, and takes it back. A `git`
 * in front of git counts the writes and kills the program that asked for them.
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';
import { findProgram } from '../support/tools.ts';

type Scope = '--local' | '--global';

const program = programUnderTest();
const listed = (repository: ScratchRepository, scope: Scope): string =>
  repository.must('config', scope, '--list').split('\n').sort().join('\n');

/** What a person may have set before: one key, one with two values, one that is not a file of ours. */
function withOwnKeys(name: string, scope: Scope): ScratchRepository {
  const repository = scratchRepository(name);
  for (const key of ['gpg.format', 'gpg.x509.program']) repository.must('config', '--unset', key);
  repository.must('config', scope, 'gpg.format', 'ssh');
  repository.must('config', scope, 'gpg.x509.program', '/usr/bin/gpgsm');
  repository.must('config', scope, '--add', 'push.gpgSign', 'if-asked');
  repository.must('config', scope, '--add', 'push.gpgSign', 'true');
  return repository;
}

/** Runs `init` with a git that kills its caller after so many writes; how many writes there were. */
function killedAfter(
  writes: number,
  repository: ScratchRepository,
  args: readonly string[],
): number {
  expect(basename(program)).toBe('git-signet');
  const bin = join(repository.home, 'bin');
  const count = join(repository.home, 'count');
  mkdirSync(bin, { recursive: true });
  writeFileSync(count, '');
  const git = findProgram('git', repository.env) ?? 'git';
  const script = [
    '#!/bin/sh',
    `'${git}' "$@"`,
    'code=$?',
    'case " $* " in',
    '*" --get"*|*" --list"*|*" -z "*) ;;',
    `*" config --"*) printf x >>'${count}'`,
    `  [ $(wc -c <'${count}') -eq ${writes} ] && kill -KILL $PPID ;;`,
    'esac',
    'exit $code',
    '',
  ].join('\n');
  writeFileSync(join(bin, 'git'), script, { mode: 0o755 });
  const env = { ...repository.env, PATH: `${bin}:${dirname(program)}:${repository.env['PATH']}` };
  run(program, args, { cwd: repository.path, env });
  return readFileSync(count).length;
}

function signet(repository: ScratchRepository, args: readonly string[]): void {
  const env = { ...repository.env, PATH: `${dirname(program)}:${repository.env['PATH']}` };
  const ran = run(program, args, { cwd: repository.path, env });
  expect(ran.exit, ran.err).toBe(0);
}

describe.each<Scope>(['--local', '--global'])('git signet init %s', (scope) => {
  const more = scope === '--global' ? ['--global'] : [];

  it('init that is killed after any of its writes and run again is taken back without a loss (I13)', {
    timeout: 120_000,
  }, () => {
    const never = Number.MAX_SAFE_INTEGER;
    const repository = withOwnKeys('init-killed', scope);
    const wanted = listed(repository, scope);
    const writes = killedAfter(never, repository, ['init', ...more]);
    expect(writes).toBeGreaterThan(8);
    signet(repository, ['init', '--undo', ...more]);
    expect(listed(repository, scope)).toBe(wanted);
    for (let at = 1; at < writes; at += 1) {
      expect(killedAfter(at, repository, ['init', ...more])).toBe(at);
      expect([at, listed(repository, scope)]).toEqual([at, wanted]);
      signet(repository, ['init', ...more]);
      expect(repository.must('config', scope, 'gpg.format')).toBe('x509');
      signet(repository, ['init', '--undo', ...more]);
      expect([at, listed(repository, scope)]).toEqual([at, wanted]);
    }
    rmSync(repository.home, { recursive: true });
  });

  it('undo that is killed after any of its writes and run again loses nothing (I13)', {
    timeout: 120_000,
  }, () => {
    const repository = withOwnKeys('undo-killed', scope);
    // a file that others edit is taken back key by key
    const edit = (value: string) => repository.must('config', scope, 'other.key', value);
    edit('0');
    const wanted = listed(repository, scope).replace('other.key=0', 'other.key=1');
    signet(repository, ['init', ...more]);
    edit('1');
    const writes = killedAfter(Number.MAX_SAFE_INTEGER, repository, ['init', '--undo', ...more]);
    expect(listed(repository, scope)).toBe(wanted);
    expect(writes).toBeGreaterThan(5);
    for (let at = 1; at < writes; at += 1) {
      edit('0');
      signet(repository, ['init', ...more]);
      edit('1');
      const before = listed(repository, scope);
      expect(killedAfter(at, repository, ['init', '--undo', ...more])).toBe(at);
      expect([at, listed(repository, scope)]).toEqual([at, before]);
      signet(repository, ['init', '--undo', ...more]);
      expect([at, listed(repository, scope)]).toEqual([at, wanted]);
    }
    rmSync(repository.home, { recursive: true });
  });
});
