/** `verify` where names, environment and repository are an attacker's. */

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratchRepository } from '../support/git-repository.ts';
import { useSandbox } from '../support/sandbox.ts';
import { resultsOf, signer, signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();

async function repositoryWithCommit() {
  const repository = scratchRepository('hostile');
  const make = signer(repository, sandbox());
  const commit = await make.commit();
  repository.must('update-ref', 'refs/heads/main', commit);
  return { repository, make, commit };
}

describe('names', () => {
  it.each([
    ['--output=pwned'],
    ['-x'],
    ['--all'],
    ['--not'],
    ['--all..main'],
    ['main..--all'],
    ['--output=pwned..main'],
  ])('the name %s is never an option (I01)', async (name) => {
    const { repository, make } = await repositoryWithCommit();
    for (const call of [
      { args: ['verify', ...make.allow(), '--', name] },
      { args: ['verify', ...make.allow(), '--end-of-options', name] },
      { args: ['verify', ...make.allow(), '--stdin'], input: `${name}\n` },
      { args: ['verify-tag', ...make.allow(), '--', name] },
      { args: ['show', '--', name] },
    ]) {
      const answered = await signet(
        repository,
        call.args,
        call.input === undefined ? {} : { input: call.input },
      );
      expect(answered).toMatchObject({ exit: 2, out: '' });
    }
    expect(existsSync(join(repository.path, 'pwned'))).toBe(false);
  });

  it('a branch that begins with a dash is verified as a branch (I01)', async () => {
    const { repository, make, commit } = await repositoryWithCommit();
    repository.must('update-ref', 'refs/heads/--all', commit);
    const args = ['verify', ...make.allow(), '--format', 'jsonl', '--', '--all'];
    const answered = await signet(repository, args);
    expect(resultsOf(answered)).toMatchObject([{ objectId: commit, ref: 'refs/heads/--all' }]);
  });

  it('a line break in a name does not make two names (I01)', async () => {
    const { repository, make } = await repositoryWithCommit();
    const answered = await signet(repository, ['verify', ...make.allow(), 'main\nmain']);
    expect(answered).toMatchObject({ exit: 2, out: '' });
  });
});

describe('environment and repository', () => {
  it('variables that steer git reach no child process (I03)', async () => {
    const { repository, make, commit } = await repositoryWithCommit();
    const marker = join(repository.home, 'ran');
    const planted = join(repository.home, 'planted');
    mkdirSync(planted);
    for (const name of ['git', 'git-rev-parse', 'git-cat-file', 'ssh', 'less']) {
      writeFileSync(join(planted, name), `#!/bin/sh\ntouch '${marker}'\n`);
      chmodSync(join(planted, name), 0o755);
    }
    const env = {
      GIT_EXEC_PATH: planted,
      GIT_INDEX_FILE: join(repository.home, 'nowhere'),
      GIT_SSH_COMMAND: join(planted, 'ssh'),
      GIT_EXTERNAL_DIFF: join(planted, 'ssh'),
      GIT_PAGER: join(planted, 'less'),
      GIT_TRACE: join(repository.home, 'trace'),
      GIT_REPLACE_REF_BASE: 'refs/heads/',
      GIT_GRAFT_FILE: join(repository.home, 'grafts'),
      GIT_SHALLOW_FILE: join(repository.home, 'shallow'),
    };
    writeFileSync(env.GIT_GRAFT_FILE, `${commit} ${'1'.repeat(40)}\n`);
    writeFileSync(env.GIT_SHALLOW_FILE, `${commit}\n`);
    const args = ['verify', ...make.allow(), '--format', 'jsonl', commit];
    const answered = await signet(repository, args, { env });
    expect(answered).toMatchObject({ exit: 0, talk: '' });
    expect(existsSync(marker)).toBe(false);
    expect(existsSync(env.GIT_TRACE)).toBe(false);
  });

  it('a hostile configuration runs nothing, even if an object is missing (P14)', async () => {
    const { repository, make } = await repositoryWithCommit();
    const marker = join(repository.home, 'ran');
    const script = join(repository.home, 'script');
    writeFileSync(script, `#!/bin/sh\ntouch '${marker}'\n`);
    chmodSync(script, 0o755);
    const settings: Record<string, string> = {
      'core.fsmonitor': script,
      'core.sshCommand': script,
      'core.pager': script,
      'gpg.x509.program': script,
      'extensions.partialClone': 'evil',
      'remote.evil.url': `ext::${script}`,
      'remote.evil.promisor': 'true',
      'protocol.ext.allow': 'always',
      'protocol.allow': 'always',
    };
    repository.must('config', 'core.repositoryFormatVersion', '1');
    for (const [key, value] of Object.entries(settings)) repository.must('config', key, value);
    expect((await signet(repository, ['verify', ...make.allow()])).exit).toBe(0);
    expect((await signet(repository, ['verify', ...make.allow(), '1'.repeat(40)])).exit).toBe(2);
    expect((await signet(repository, ['verify', ...make.allow(), 'main~5'])).exit).toBe(2);
    expect(existsSync(marker)).toBe(false);
  });

  it('a slow pattern gets only short values, and the name of a prototype is only a name (I05)', async () => {
    const { repository, make } = await repositoryWithCommit();
    const hostile = await make.commit({
      subject: '__proto__',
      author: '__proto__ <constructor> 1 +0000',
    });
    const answered = await signet(repository, [
      'verify',
      ...make.allow(),
      '--format',
      'jsonl',
      hostile,
    ]);
    expect(resultsOf(answered)).toMatchObject([
      { author: { name: '__proto__', email: 'constructor' } },
    ]);
    const flags = ['--certificate-github-workflow-name', 'x', '--format', 'jsonl'];
    const none = await signet(repository, ['verify', ...make.allow(), ...flags, hostile]);
    expect(resultsOf(none)).toMatchObject([{ status: 'not-allowed' }]);
  });

  it('a hostile subject and author reach the terminal as visible escapes (S10)', async () => {
    const { repository, make, commit } = await repositoryWithCommit();
    const hostile = await make.commit({
      subject: 'a\x1b[2Jb\u202ec\x07',
      author: 'E\x1b]0;vil <e@x> 1700000000 +0000',
    });
    for (const format of ['text', 'json', 'jsonl']) {
      const args = ['verify', ...make.allow(), '--format', format, hostile, commit];
      const { out, exit } = await signet(repository, args);
      expect(exit).toBe(0);
      expect(out).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]/u);
    }
  });

  it('an object that git cannot read ends the run with exit code 2 (S12)', async () => {
    const { repository, make, commit } = await repositoryWithCommit();
    const broken = await make.commit({ parents: [commit], subject: 'broken' });
    const file = join(repository.path, '.git/objects', broken.slice(0, 2), broken.slice(2));
    chmodSync(file, 0o644);
    writeFileSync(file, 'not zlib');
    const args = ['verify', ...make.allow(), '--format', 'jsonl', '--stdin'];
    const answered = await signet(repository, args, { input: `${commit}\n${broken}\n` });
    expect(answered.exit).toBe(2);
    expect(answered.talk).toContain('git has no such object, or cannot read it');
  });

  it('an object under another’s name is refused, even with a good signature (G12)', async () => {
    const { repository, make, commit } = await repositoryWithCommit();
    const other = await make.commit({ subject: 'other' });
    const path = (id: string): string =>
      join(repository.path, '.git/objects', id.slice(0, 2), id.slice(2));
    chmodSync(path(other), 0o644);
    writeFileSync(path(other), readFileSync(path(commit)));
    const args = ['verify', ...make.allow(), '--format', 'jsonl', '--stdin'];
    const answered = await signet(repository, args, { input: `${other}\n` });
    // git may notice by itself; what it lets through, the recomputed name refuses
    const said = resultsOf(answered).map(({ code }) => code);
    expect(answered.exit === 2 || said[0] === 'object-id-mismatch').toBe(true);
  });

  it('outside a repository, and without git, verify exits with 2', async () => {
    const { repository, make } = await repositoryWithCommit();
    const outside = { path: repository.home, env: repository.env };
    expect((await signet(outside, ['verify', ...make.allow()])).exit).toBe(2);
    const nothing = { PATH: join(repository.home, 'nowhere') };
    expect((await signet(repository, ['verify', ...make.allow()], { env: nothing })).exit).toBe(2);
  });
});
