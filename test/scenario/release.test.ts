/** A release of a tree that is not ready: one clear line, what to type, and no file is made. */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { run, type ScratchRepository, scratchRepository } from '../support/git-repository.ts';

const RELEASE = fileURLToPath(new URL('../../scripts/packaging/release.ts', import.meta.url));

let repository: ScratchRepository;
const release = (...args: readonly string[]) => {
  const env = { ...repository.env };
  return run(process.execPath, [RELEASE, ...args], { cwd: repository.path, env });
};
const write = (path: string, text: string): void =>
  writeFileSync(join(repository.path, path), text);

/** A project that is ready to be released as 0.2.0. */
beforeEach(() => {
  repository = scratchRepository('release');
  const named = { name: 'git-signet', version: '0.2.0' };
  write('package.json', `${JSON.stringify(named, null, 2)}\n`);
  write('package-lock.json', `${JSON.stringify({ ...named, packages: { '': named } }, null, 2)}\n`);
  write('CHANGELOG.md', '# Changelog\n\n## 0.2.0\n');
  repository.must('add', '.');
  repository.must('commit', '--quiet', '--message', 'ready');
  repository.must('remote', 'add', 'origin', 'https://git.example/owner/git-signet.git');
});

describe('a release', () => {
  const refused = (args: readonly string[], message: string, remedy: string): void => {
    const { exit, out, err } = release(...args);
    expect([exit, out, err]).toEqual([2, '', `release: ${message}\n  ${remedy}\n`]);
    expect(existsSync(join(repository.path, 'dist'))).toBe(false);
  };

  it('a release is refused while a file is not committed', () => {
    write('left.txt', 'over');
    const remedy = 'commit them, or put them aside: git stash --include-untracked';
    const message = 'the tree has changes that no commit holds: left.txt';
    refused(['0.2.0'], message, remedy);
    refused(['0.2.0', '--dry-run'], message, remedy);
  });

  it('a release is refused for a text that is no version', () => {
    refused(['v0.2.0'], 'v0.2.0 is no semantic version', 'scripts/release 0.2.0');
  });

  it('a release is refused for a version that package.json does not name', () => {
    refused(
      ['0.3.0'],
      'package.json is at version 0.2.0',
      'npm version --no-git-tag-version 0.3.0, then commit',
    );
  });

  it('a release is refused if another commit was released as this version', () => {
    repository.must('tag', 'v0.2.0');
    repository.must('commit', '--quiet', '--allow-empty', '--message', 'more');
    const released = repository.must('rev-parse', '--short=12', 'v0.2.0').trim();
    refused(
      ['0.2.0'],
      `v0.2.0 is released already, from commit ${released}`,
      'take the next version, or check that commit out',
    );
  });

  it('a release is refused if no remote says where others find it', () => {
    repository.must('remote', 'set-url', 'origin', '/srv/git/signet.git');
    refused(
      ['0.2.0'],
      'the remote origin has no address that others reach: /srv/git/signet.git',
      'git remote set-url origin https://HOST/OWNER/git-signet',
    );
  });
});
