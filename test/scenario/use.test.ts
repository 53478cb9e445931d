/** Two accounts on one machine: `git signet use` says which of them signs where, and takes that back. */

import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';
import { findProgram } from '../support/tools.ts';

const ALICE = 'alice@work.example';
const BOB = 'bob@home.example';

/** A repository of a user who has a configuration of their own. */
function atHome(name: string): ScratchRepository {
  const repository = scratchRepository(name);
  repository.must('config', '--global', 'core.editor', 'vi');
  return repository;
}

function signet(repository: ScratchRepository, args: readonly string[], cwd = repository.path) {
  return run(programUnderTest(), args, { cwd, env: repository.env });
}

const ownFile = ({ home }: ScratchRepository): string => join(home, 'gitconfig');
const identityIn = (repository: ScratchRepository, cwd: string): string =>
  run('git', ['config', 'signet.identity'], { cwd, env: repository.env }).out.trim();

describe('git signet use', () => {
  it('shows what it writes, and undo restores the file to the byte', () => {
    const repository = scratchRepository('use');
    const file = join(repository.path, '.git/config');
    const before = readFileSync(file);
    const ran = signet(repository, ['use', ALICE]);
    expect([ran.exit, ran.err]).toEqual([0, '']);
    expect(ran.out).toBe(
      `${file} gets\n  [signet]\n      identity = ${ALICE}\n` +
        `${ALICE} signs in this repository\n  undo: git signet use --undo\n`,
    );
    const second = signet(repository, ['use', BOB]);
    expect(second.out).toContain(`  instead of signet.identity = ${ALICE}\n`);
    const undone = signet(repository, ['use', '--undo']);
    expect([undone.exit, undone.out, undone.err]).toEqual([0, 'signet.identity unset\n', '']);
    expect(readFileSync(file)).toEqual(before);
    const again = signet(repository, ['use', '--undo']);
    expect([again.exit, again.err]).toEqual([
      2,
      'git-signet: nothing to undo here\n  for all repositories: git signet use --undo --global\n',
    ]);
  });

  it('--global writes the file that a link leads to, and the link stays', () => {
    const repository = atHome('use-link');
    const target = join(repository.home, 'dotfiles');
    renameSync(ownFile(repository), target);
    symlinkSync('dotfiles', ownFile(repository));
    const before = readFileSync(target);
    expect(
      signet(repository, ['use', ALICE, '--global', '--issuer', 'https://i.example']).exit,
    ).toBe(0);
    expect(lstatSync(ownFile(repository)).isSymbolicLink()).toBe(true);
    expect(identityIn(repository, repository.path)).toBe(ALICE);
    expect(repository.must('config', '--global', 'signet.issuer')).toBe('https://i.example');
    expect(signet(repository, ['use', '--undo', '--global']).exit).toBe(0);
    expect(readFileSync(target)).toEqual(before);
    expect(lstatSync(ownFile(repository)).isSymbolicLink()).toBe(true);
  });

  it('--folder counts in the repositories below it, and in no other', () => {
    const repository = atHome('use-folder');
    const folder = join(repository.home, 'my [work] *');
    const [inside, beside] = [join(folder, 'parser'), `${folder}side`];
    for (const path of [inside, beside]) {
      mkdirSync(path, { recursive: true });
      run('git', ['init', '-q'], { cwd: path, env: repository.env });
    }
    const before = readFileSync(ownFile(repository));
    const ran = signet(repository, ['use', ALICE, '--folder', folder]);
    expect([ran.exit, ran.err]).toEqual([0, '']);
    expect(ran.out).toMatch(
      /\[includeIf "gitdir:.*my .*\/"\]\n {6}path = .*my--work----\w+\.gitconfig\n/,
    );
    expect(signet(repository, ['use', BOB, '--global']).exit).toBe(0);
    expect([inside, beside].map((path) => identityIn(repository, path))).toEqual([ALICE, BOB]);
    const status = signet(repository, ['status'], inside);
    expect(status.out).toMatch(
      /^set by: signet\.identity in .*my--work----\w+\.gitconfig \(global\)$/m,
    );
    expect(signet(repository, ['use', '--undo', '--global']).exit).toBe(0);
    expect(signet(repository, ['use', '--undo', '--folder', folder]).exit).toBe(0);
    expect(readFileSync(ownFile(repository))).toEqual(before);
    expect(readdirSync(join(repository.home, 'git-signet'))).toEqual([]);
  });

  it('a linked worktree and its repository have one answer', () => {
    const repository = scratchRepository('use-worktree');
    repository.must('commit', '-q', '--no-gpg-sign', '--allow-empty', '-m', 'first');
    const tree = join(repository.home, 'a worktree');
    repository.must('worktree', 'add', '-q', '-b', 'other', tree);
    expect(signet(repository, ['use', ALICE], tree).exit).toBe(0);
    expect(identityIn(repository, repository.path)).toBe(ALICE);
  });

  it.runIf(process.getuid?.() === 0)(
    'a read-only file or folder is an error with the lines to paste, and nothing is written',
    () => {
      const repository = atHome('use-read-only');
      const file = ownFile(repository);
      const before = readFileSync(file, 'utf8');
      chmodSync(file, 0o444);
      const ran = signet(repository, ['use', ALICE, '--global']);
      expect(ran.exit).toBe(2);
      const lines = `  add these lines at the place that the file is made from:\n  [signet]\n      identity = ${ALICE}\n`;
      expect(ran.err).toBe(`git-signet: ${file} is read-only, so nothing was changed\n${lines}`);
      chmodSync(file, 0o644);
      // another user, who may read the folder and not write it
      for (const path of [repository.home, file]) chmodSync(path, 0o755);
      const drop = ['--reuid=65534', '--regid=65534', '--clear-groups', programUnderTest()];
      const other = run('setpriv', [...drop, 'use', ALICE, '--global'], {
        cwd: repository.home,
        env: { ...repository.env },
      });
      expect([other.exit, other.err]).toEqual([
        2,
        `git-signet: ${file} cannot be written: permission denied (EACCES), so nothing was changed\n${lines}`,
      ]);
      expect(readFileSync(file, 'utf8')).toBe(before);
    },
  );

  it('use that is killed after any of its writes leaves the file as it was (I13)', () => {
    const repository = scratchRepository('use-killed');
    const file = join(repository.path, '.git/config');
    const before = readFileSync(file);
    const bin = join(repository.home, 'bin');
    const calls = join(repository.home, 'calls');
    mkdirSync(bin);
    const git = findProgram('git', repository.env) ?? 'git';
    const env = { ...repository.env, PATH: `${bin}:${dirname(git)}:${repository.env['PATH']}` };
    const killedAfter = (count: number): void => {
      const script = `#!/bin/sh\n'${git}' "$@"\ncode=$?\nprintf x >>'${calls}'\n[ $(wc -c <'${calls}') -eq ${count} ] && kill -KILL $PPID\nexit $code\n`;
      rmSync(calls, { force: true });
      writeFileSync(join(bin, 'git'), script, { mode: 0o755 });
      run(programUnderTest(), ['use', ALICE], { cwd: repository.path, env });
    };
    killedAfter(Number.MAX_SAFE_INTEGER);
    const whole = readFileSync(file);
    const all = readFileSync(calls).length;
    expect(all).toBeGreaterThan(8);
    for (let count = 1; count < all; count += 1) {
      expect(signet(repository, ['use', '--undo']).exit).toBe(0);
      expect(readFileSync(file)).toEqual(before);
      killedAfter(count);
      expect([before, whole]).toContainEqual(readFileSync(file));
      expect(existsSync(`${file}.lock`)).toBe(false);
      expect(signet(repository, ['use', ALICE]).exit).toBe(0);
    }
  });

  it.each([
    [['use'], /'' is not an identity/],
    [['use', ' alice'], /is not an identity/],
    [['use', ALICE, '--undo'], /--undo takes no IDENTITY/],
    [['use', ALICE, '--global', '--folder', '.'], /only one of them/],
    [['use', ALICE, '--folder', 'missing'], /there is no such folder\n {2}mkdir -p missing/],
    [['use', ALICE, '--issuer', 'ftp://x'], /--issuer is 'ftp:\/\/x': expected an http/],
  ])('%j is refused, and nothing is written', (args, says) => {
    const repository = scratchRepository('use-refused');
    const before = readFileSync(join(repository.path, '.git/config'));
    const ran = signet(repository, args);
    expect([ran.exit, ran.out]).toEqual([2, '']);
    expect(ran.err).toMatch(says);
    expect(readFileSync(join(repository.path, '.git/config'))).toEqual(before);
  });

  it('a value that overrides the written one is named', () => {
    const repository = scratchRepository('use-louder');
    const env = { ...repository.env, SIGNET_IDENTITY: BOB };
    const ran = run(programUnderTest(), ['use', ALICE], { cwd: repository.path, env });
    expect([ran.exit, ran.err]).toEqual([
      0,
      `git-signet: but here SIGNET_IDENTITY overrides it: ${BOB}\n`,
    ]);
  });
});
