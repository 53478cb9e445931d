import { describe, expect, it } from 'vitest';
import {
  browserAddress,
  checkClean,
  checkNamed,
  readArguments,
  type VersionFiles,
  withVersion,
} from '../../scripts/packaging/prerequisites.ts';
import { StepError } from '../../scripts/packaging/step.ts';

/** What is said, and what to type. */
function refusal(action: () => unknown): readonly [message: string, remedy: string] {
  try {
    action();
  } catch (error) {
    if (error instanceof StepError) return [error.message, error.remedy];
    throw error;
  }
  throw new Error('nothing was refused');
}

const files: VersionFiles = {
  'package.json':
    '{\n  "name": "git-signet",\n  "version": "0.1.0",\n  "x": {\n    "version": "9"\n  }\n}\n',
  'package-lock.json':
    '{\n  "name": "git-signet",\n  "version": "0.1.0",\n  "packages": {\n    "": {\n      "version": "0.1.0"\n    },\n    "a": {\n      "version": "3.0.0"\n    }\n  }\n}\n',
  'CHANGELOG.md': '# Changelog\n\n## Unreleased\n\n- new\n\n## 0.1.0 (2026-11-01)\n\n- first\n',
};

describe('the arguments of a release', () => {
  it('are a version, and whether it is tried only', () => {
    expect(readArguments(['0.2.0'])).toEqual({ version: '0.2.0', dryRun: false });
    expect(readArguments(['--dry-run', '1.0.0-rc.1'])).toEqual({
      version: '1.0.0-rc.1',
      dryRun: true,
    });
  });

  it.each([
    ['1.2', '1.2 is no semantic version'],
    ['01.2.3', '01.2.3 is no semantic version'],
    ['1.2.3-01', '1.2.3-01 is no semantic version'],
    ['1.2.3+build', '1.2.3+build is no semantic version'],
    ['1.2.3;rm', '1.2.3;rm is no semantic version'],
  ])('refuse the version %s and show how a release is called', (version, message) => {
    expect(refusal(() => readArguments([version]))).toEqual([
      message,
      expect.stringContaining('scripts/release VERSION [--dry-run]'),
    ]);
  });

  it('refuse the name of a tag, and say the version that it stands for', () => {
    expect(refusal(() => readArguments(['v0.2.0']))).toEqual([
      'v0.2.0 is no semantic version',
      'scripts/release 0.2.0',
    ]);
  });

  it.each([[[]], [['0.2.0', '0.3.0']], [['0.2.0', '--dryrun']]])('refuse %j', (args) => {
    expect(refusal(() => readArguments(args))[1]).toContain('scripts/release VERSION');
  });
});

describe('the tree that is released', () => {
  it('is clean', () => {
    expect(() => checkClean('')).not.toThrow();
  });

  it('is refused with the first file that no commit holds', () => {
    expect(refusal(() => checkClean(' M src/main.ts\n?? new.txt\n'))).toEqual([
      'the tree has changes that no commit holds: src/main.ts and 1 more',
      'commit them, or put them aside: git stash --include-untracked',
    ]);
  });
});

describe('the files that name the version', () => {
  it('are accepted once all three name it', () => {
    const set = withVersion(files, '0.2.0');
    expect(() => checkNamed(set, '0.2.0')).not.toThrow();
    expect(set['package.json']).toContain('    "version": "9"');
    expect(set['package-lock.json'].match(/"0\.2\.0"/g)?.length).toBe(2);
    expect(set['package-lock.json']).toContain('"3.0.0"');
    expect(set['CHANGELOG.md']).toContain('## 0.2.0\n\n- new');
  });

  it.each([
    ['package.json', 'package.json is at version 0.1.0', 'npm version --no-git-tag-version 0.2.0'],
    [
      'package-lock.json',
      'package-lock.json is at version 0.1.0',
      'npm install --package-lock-only',
    ],
    ['CHANGELOG.md', 'CHANGELOG.md has no section 0.2.0', 'write "## 0.2.0"'],
  ] as const)('are refused while %s does not', (path, message, remedy) => {
    const set = { ...withVersion(files, '0.2.0'), [path]: files[path] };
    expect(refusal(() => checkNamed(set, '0.2.0'))).toEqual([
      message,
      expect.stringContaining(remedy),
    ]);
  });

  it('do not name a version by a section of a longer one', () => {
    const rc = withVersion(files, '0.2.0-rc.1')['CHANGELOG.md'];
    const set = { ...withVersion(files, '0.2.0'), 'CHANGELOG.md': rc };
    expect(refusal(() => checkNamed(set, '0.2.0'))[0]).toBe('CHANGELOG.md has no section 0.2.0');
  });

  it('cannot be set where the changelog says nothing new', () => {
    const silent = { ...files, 'CHANGELOG.md': '# Changelog\n' };
    expect(refusal(() => withVersion(silent, '0.2.0'))[1]).toContain('what is new');
  });
});

describe('the address of the repository', () => {
  it.each([
    ['https://git.example/owner/git-signet.git', 'https://git.example/owner/git-signet'],
    ['https://user:secret@git.example/owner/git-signet', 'https://git.example/owner/git-signet'],
    ['git@git.example:owner/git-signet.git', 'https://git.example/owner/git-signet'],
    ['ssh://git@git.example:2222/owner/git-signet.git/', 'https://git.example/owner/git-signet'],
  ])('of the remote %s is %s', (remote, address) => {
    expect(browserAddress(remote)).toBe(address);
  });

  it.each([
    '',
    '/srv/git/signet.git',
    '../signet',
    'file:///srv/signet.git',
    'https://git.example/',
  ])('is none for the remote "%s"', (remote) => {
    expect(browserAddress(remote)).toBeUndefined();
  });
});
