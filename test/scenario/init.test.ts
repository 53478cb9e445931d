/** `git signet init` and its way back, as a person does it. */

import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';

const program = programUnderTest();

function fresh(name: string): ScratchRepository {
  const repository = scratchRepository(name);
  repository.must('config', '--unset', 'gpg.format');
  repository.must('config', '--unset', 'gpg.x509.program');
  return repository;
}

/** Through git, which finds `git-signet` on PATH. */
function signet(repository: ScratchRepository, ...args: string[]) {
  expect(basename(program)).toBe('git-signet');
  const env = { PATH: `${dirname(program)}:${repository.env['PATH']}` };
  return repository.gitWith({ env }, 'signet', ...args);
}

const listed = (repository: ScratchRepository, scope = '--local'): string =>
  repository.must('config', scope, '--list').split('\n').sort().join('\n');

describe('git signet init', () => {
  it('init sets the keys, says what becomes public, and ends with the next step', () => {
    const repository = fresh('init');
    const ran = signet(repository, 'init');
    expect([ran.exit, ran.err]).toEqual([0, '']);
    expect(ran.out).toMatch(
      /^this will be public forever: your e-mail address, .*\nit is published at https:\/\/rekor\.sigstore\.dev /m,
    );
    expect(ran.out).toMatch(/next: git commit [^\n]*\n$/);
    const value = (key: string) => repository.must('config', '--local', key);
    expect(
      ['gpg.format', 'commit.gpgSign', 'tag.gpgSign', 'tag.forceSignAnnotated'].map(value),
    ).toEqual(['x509', 'true', 'true', 'true']);
    expect(repository.git('config', 'push.gpgSign').exit).toBe(1);
    expect(value('gpg.x509.program')).toMatch(/^\/.*git-signet$/);
  });

  it('init leaves push.gpgSign as it is, and undo too', () => {
    const repository = fresh('init-push');
    repository.must('config', 'push.gpgSign', 'if-asked');
    const before = listed(repository);
    expect(signet(repository, 'init').out).not.toContain('push.gpgSign');
    expect(repository.must('config', '--get-all', 'push.gpgSign')).toBe('if-asked');
    expect(signet(repository, 'init', '--undo').exit).toBe(0);
    expect(listed(repository)).toBe(before);
  });

  it('init and undo give back the push.gpgSign that an earlier version switched off', () => {
    for (const back of [['init'], ['init', '--undo']]) {
      const repository = fresh('init-old');
      repository.must('config', 'push.gpgSign', 'false');
      const record = {
        former: { 'push.gpgSign': ['if-asked'] },
        set: { 'push.gpgSign': ['false'] },
      };
      const digest = '1'.repeat(64);
      repository.must('config', 'signet.undo.init', `${digest} ${JSON.stringify(record)}`);
      expect(signet(repository, ...back).exit).toBe(0);
      expect(repository.must('config', '--get-all', 'push.gpgSign')).toBe('if-asked');
    }
  });

  it('a configuration that cannot be read is said before anything is changed', () => {
    const repository = fresh('init-unreadable');
    repository.must('config', 'signet.rekorUrl', 'not an address');
    const before = listed(repository);
    expect(signet(repository, 'init')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('signet.rekorUrl'),
    });
    expect(listed(repository)).toBe(before);
  });

  it('undo puts back what was there, also after two inits', () => {
    const repository = fresh('init-undo');
    repository.must('config', 'gpg.format', 'ssh');
    repository.must('config', '--add', 'commit.gpgSign', 'false');
    const before = listed(repository);
    signet(repository, 'init');
    signet(repository, 'init');
    expect(listed(repository)).not.toBe(before);
    const ran = signet(repository, 'init', '--undo');
    expect(ran.exit, ran.err).toBe(0);
    expect(listed(repository)).toBe(before);
    expect(signet(repository, 'init', '--undo').exit).toBe(2);
  });

  it('undo leaves what was changed since', () => {
    const repository = fresh('init-changed');
    signet(repository, 'init');
    repository.must('config', 'gpg.format', 'openpgp');
    const ran = signet(repository, 'init', '--undo');
    expect(ran.err).toMatch(/left as it is.*gpg\.format/);
    expect(repository.must('config', 'gpg.format')).toBe('openpgp');
  });

  it('--global writes the person’s own file, not the repository', () => {
    const repository = fresh('init-global');
    const before = listed(repository);
    expect(signet(repository, 'init', '--global').exit).toBe(0);
    expect(listed(repository)).toBe(before);
    expect(repository.must('config', '--global', 'gpg.format')).toBe('x509');
    expect(signet(repository, 'init', '--global', '--undo').exit).toBe(0);
    expect(repository.git('config', '--global', 'gpg.format').exit).toBe(1);
  });

  it('a configuration that another git holds locked: the file, and not to go elsewhere', () => {
    const repository = fresh('init-locked');
    writeFileSync(join(repository.path, '.git/config.lock'), '');
    const ran = signet(repository, 'init');
    expect([ran.exit, ran.out]).toEqual([2, '']);
    expect(ran.err).toMatch(
      /could not lock config file \S+\/.git\/config: File exists\n {2}another git/,
    );
    expect(ran.err).not.toContain('--global');
  });

  it('outside a repository says what to do', () => {
    const { home, env } = fresh('init-outside');
    const ran = run(program, ['init'], {
      cwd: home,
      env: { ...env, PATH: `${dirname(program)}:${env['PATH']}` },
    });
    expect(ran.exit).toBe(2);
    expect(ran.err).toMatch(/run it inside a repository, or add --global/);
  });

  it('unknown words and options are errors (F2 F3)', () => {
    const repository = fresh('init-odd');
    expect(signet(repository, 'init', '--globl').err).toMatch(/did you mean --global\?/);
    expect(signet(repository, 'init', 'here').exit).toBe(2);
    expect(signet(repository, 'verfy').exit).toBe(2);
  });
});
