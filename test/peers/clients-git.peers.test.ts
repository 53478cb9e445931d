/**
 * Clients that start git: git itself as people and editors call it, and programs that tag. The release programs are skipped
 * where scripts/peers could not install them.
 */

import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type ClientRepository,
  expectNothingWithoutLogin,
  expectSignedCommit,
  expectSignedTag,
  expectUnsigned,
  useClientSandbox,
} from '../support/clients.ts';
import { peer, run } from '../support/peers.ts';
import { recipe } from '../support/recipes.ts';

const packages = peer('clients-node');
const sandbox = useClientSandbox();
/** As a CI job has it: git starts no editor. */
const NO_EDITOR = { TERM: 'dumb', EDITOR: '', VISUAL: '', GIT_EDITOR: '' };

describe('git', () => {
  it('commits and tags are signed, and none is written without a login', async () => {
    const repository = await sandbox().repository();
    const commit = ['commit', '-q', '--allow-empty', '-m', 'made by git'];
    await expectNothingWithoutLogin(repository, 'git', commit);
    expect((await repository.git(...commit)).code).toBe(0);
    await expectSignedCommit(repository, sandbox());
    expect((await repository.git('tag', '-m', 'v1', 'v1')).code).toBe(0);
    await expectSignedTag(repository, sandbox(), 'v1');
  });

  it('git tag v9 asks for a message and makes no tag without one, as the page says', async () => {
    const repository = await sandbox().repository();
    await repository.git('commit', '-q', '--allow-empty', '-m', 'made by git');
    const asked = await repository.run('git', ['tag', 'v9'], NO_EDITOR);
    expect([asked.code, asked.stderr]).toEqual([
      1,
      expect.stringContaining('Please supply the message using either -m or -F option.'),
    ]);
    expect((await repository.git('tag')).stdout).toBe('');
    expect((await repository.git('-c', 'tag.gpgSign=false', 'tag', 'v9')).code).toBe(0);
    const { policy } = sandbox();
    const refused = await repository.run('git-signet', ['verify-tag', '--policy', policy, 'v9']);
    expect(refused.code).not.toBe(0);
  });

  it('--no-gpg-sign writes an unsigned commit, and the gate refuses it', async () => {
    const repository = await sandbox().repository();
    await repository.git('commit', '-q', '--allow-empty', '--no-gpg-sign', '-m', 'made by git');
    await expectUnsigned(repository, sandbox());
  });
});

describe('programs with a window, by the git call that they make', () => {
  /** The variables of a program that a desktop started: `init` wrote the file that it reads, and PATH leads to git alone. */
  async function desktop(repository: ClientRepository) {
    const { env } = sandbox();
    const home = join(dirname(repository.path), 'home');
    const bin = join(home, 'bin');
    mkdirSync(bin, { recursive: true });
    const global = join(home, '.gitconfig');
    copyFileSync(env['GIT_CONFIG_GLOBAL'] ?? '', global);
    const kept = Object.entries(env).filter(
      ([name]) => !/^GIT_CONFIG_(COUNT|KEY|VALUE)/.test(name),
    );
    const shell = { ...Object.fromEntries(kept), HOME: home, GIT_CONFIG_GLOBAL: global };
    const set = await run('sh', ['-ec', recipe('JetBrains')], { cwd: repository.path, env: shell });
    const git = (await run('sh', ['-c', 'command -v git'], { cwd: home })).stdout.trim();
    symlinkSync(git, join(bin, 'git'));
    return { set, env: { ...shell, PATH: bin }, git: join(bin, 'git') };
  }

  it('the recipe for JetBrains prints an absolute path, and a commit with a bare PATH is signed', async () => {
    const repository = await sandbox().repository();
    await repository.git('config', '--unset', 'commit.gpgSign');
    const { set, env, git } = await desktop(repository);
    expect([set.code, set.stdout]).toEqual([0, expect.stringMatching(/^\/.*git-signet$/m)]);
    const made = await run(git, ['commit', '-q', '--allow-empty', '-F', '-'], {
      ...{ cwd: repository.path, env, input: 'made by an editor\n' },
    });
    expect(made.code).toBe(0);
    await expectSignedCommit(repository, sandbox());
  });

  it('the setting of VS Code is one line of JSON, and the call that it leads to is signed', async () => {
    expect(JSON.parse(recipe('VS Code'))).toEqual({ 'git.enableCommitSigning': true });
    const repository = await sandbox().repository();
    await repository.git('config', 'commit.gpgSign', 'false');
    const { env, git } = await desktop(repository);
    const flags = [
      'commit',
      '--quiet',
      '--allow-empty-message',
      '--allow-empty',
      '--file',
      '-',
      '-S',
    ];
    const made = await run(git, flags, { cwd: repository.path, env, input: 'made by an editor\n' });
    expect(made.code).toBe(0);
    await expectSignedCommit(repository, sandbox());
  });
});

/** A repository with one commit, a remote that has it, and a package that can be released. */
async function released(): Promise<ClientRepository> {
  const repository = await sandbox().repository();
  const remote = join(dirname(repository.path), 'remote.git');
  await run('git', ['init', '-q', '--bare', '-b', 'main', remote], { cwd: repository.path });
  if (packages !== undefined)
    symlinkSync(join(packages, 'node_modules'), join(repository.path, 'node_modules'));
  const manifest = { name: 'released', version: '1.0.0', private: true };
  writeFileSync(join(repository.path, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(repository.path, '.gitignore'), 'node_modules\n');
  await repository.git('add', '.');
  await repository.git('commit', '-q', '-m', 'feat: something to release');
  await repository.git('remote', 'add', 'origin', remote);
  await repository.git('push', '-q', '-u', 'origin', 'main');
  return repository;
}

describe('npm', () => {
  it('npm version signs its commit and its tag', async () => {
    const repository = await released();
    expect((await repository.run('npm', ['version', 'patch'])).code).toBe(0);
    await expectSignedCommit(repository, sandbox());
    await expectSignedTag(repository, sandbox(), 'v1.0.1');
  });
});

describe.skipIf(packages === undefined)('changesets', () => {
  it('changeset version signs its commit, and changeset git-tag its tag', async () => {
    const repository = await released();
    const dir = join(repository.path, '.changeset');
    mkdirSync(dir);
    const settings = {
      baseBranch: 'main',
      commit: true,
      privatePackages: { version: true, tag: true },
    };
    writeFileSync(join(dir, 'config.json'), JSON.stringify(settings));
    writeFileSync(join(dir, 'a-change.md'), '---\n"released": patch\n---\n\na change\n');
    await repository.git('add', '.');
    await repository.git('commit', '-q', '-m', 'describe the change');
    const changeset = (word: string) =>
      repository.run(process.execPath, ['node_modules/@changesets/cli/bin.js', word]);
    expect((await changeset('version')).code).toBe(0);
    expect((await repository.git('rev-list', '--count', 'HEAD')).stdout).toBe('3\n');
    await expectSignedCommit(repository, sandbox());
    expect((await changeset('git-tag')).code).toBe(0);
    await expectSignedTag(repository, sandbox(), 'v1.0.1');
  });
});

describe.skipIf(packages === undefined)('semantic-release', () => {
  const PROGRAM = 'node_modules/semantic-release/bin/semantic-release.js';
  const flags = ['--no-ci', '--branches', 'main', '--plugins', '@semantic-release/commit-analyzer'];
  const repositoryUrl = ({ path }: ClientRepository) => [
    ...['--repository-url', `file://${join(dirname(path), 'remote.git')}`],
  ];

  it('makes no tag where tag.gpgSign asks for a message, as the page says', async () => {
    const repository = await released();
    const args = [PROGRAM, ...flags, ...repositoryUrl(repository)];
    const { code, stderr } = await repository.run(process.execPath, args, NO_EDITOR);
    expect([code, stderr]).toEqual([1, expect.stringContaining('Please supply the message')]);
    expect((await repository.git('tag')).stdout).toBe('');
  });

  it('with the recipe of the page it signs its tag', async () => {
    const repository = await released();
    // the page says npx; no test asks a registry for a program that is here
    const bin = join(dirname(repository.path), 'bin');
    mkdirSync(bin);
    const npx = `#!/bin/sh\nshift\nexec '${process.execPath}' ${PROGRAM} "$@"\n`;
    writeFileSync(join(bin, 'npx'), npx, { mode: 0o755 });
    const [last = ''] = recipe('semantic-release').trimEnd().split('\n').slice(-1);
    const code = recipe('semantic-release').replace(last, `${last} "$@"`);
    const args = ['-ec', code, 'sh', ...flags, ...repositoryUrl(repository)];
    const made = await repository.run('sh', args, {
      ...NO_EDITOR,
      PATH: `${bin}:${sandbox().env['PATH']}`,
    });
    expect([made.code, made.stderr]).toEqual([0, '']);
    const pushed = await repository.git('ls-remote', '--tags', 'origin', 'v1.0.0');
    expect(pushed.stdout).toContain('refs/tags/v1.0.0');
    await expectSignedTag(repository, sandbox(), 'v1.0.0');
  });
});
