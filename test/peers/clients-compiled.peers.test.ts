/** Clients in Go, Java and Rust: go-git, JGit and gitoxide. Skipped where scripts/peers could not install them. */

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
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

const go = peer('clients-go');
const java = peer('clients-java');
const rust = peer('clients-rust');
const sandbox = useClientSandbox();

/** These clients look for the person in the repository's own configuration, or below HOME. */
async function prepared(): Promise<ClientRepository> {
  const repository = await sandbox().repository();
  await repository.git('config', 'user.name', 'alice');
  await repository.git('config', 'user.email', 'alice@example.test');
  return repository;
}

describe.skipIf(go === undefined)('go-git', () => {
  const module = go ?? '';

  /** Compiles the recipe of the page beside the repository, from what scripts/peers has fetched. */
  async function compiled(repository: ClientRepository): Promise<string> {
    const dir = join(dirname(repository.path), 'recipe');
    mkdirSync(dir);
    for (const name of ['go.mod', 'go.sum']) copyFileSync(join(module, name), join(dir, name));
    repository.beside('recipe/main.go', recipe('go-git'));
    const caches = ['GOCACHE', 'GOMODCACHE'];
    const [cache = '', packages = ''] = execFileSync('go', ['env', ...caches], { encoding: 'utf8' })
      .trim()
      .split('\n');
    const env = { GOCACHE: cache, GOMODCACHE: packages, GOPROXY: 'off', GOFLAGS: '-mod=readonly' };
    const built = await run('go', ['build', '-o', 'recipe', '.'], { cwd: dir, env });
    expect([built.code, built.stderr]).toEqual([0, '']);
    return join(dir, 'recipe');
  }

  it('a commit by the recipe of the page is signed, and none is written without a login', async () => {
    const repository = await prepared();
    const program = await compiled(repository);
    await expectNothingWithoutLogin(repository, program, []);
    expect((await repository.run(program, [])).code).toBe(0);
    await expectSignedCommit(repository, sandbox());
  });

  it('without Signer it writes an unsigned commit and tag without a word, and the gate refuses them', async () => {
    const repository = await prepared();
    expect(await repository.run(join(module, 'unsigned'), [])).toEqual({
      ...{ code: 0, stdout: '', stderr: '' },
    });
    await expectUnsigned(repository, sandbox());
    await expectUnsigned(repository, sandbox(), { type: 'tag', name: 'v1' });
  });
});

describe.skipIf(java === undefined)('JGit', () => {
  const source = (file: string) => ['-cp', join(java ?? '', 'jars', '*'), file];

  it('a commit and a tag by the recipe of the page are signed, and none is written without a login', async () => {
    const repository = await prepared();
    const program = source(repository.beside('SignedCommit.java', recipe('JGit')));
    await expectNothingWithoutLogin(repository, 'java', program);
    expect((await repository.run('java', program)).code).toBe(0);
    await expectSignedCommit(repository, sandbox());
    await expectSignedTag(repository, sandbox(), 'v1');
  });

  it('without a signer it writes no commit where commit.gpgSign is true, and finds no verifier', async () => {
    const repository = await prepared();
    await repository.git('config', 'gpg.format', 'x509');
    await repository.git('commit', '-q', '--allow-empty', '-m', 'signed');
    const made = await repository.run('java', source(join(java ?? '', 'Plain.java')));
    expect(made).toMatchObject({
      ...{ code: 1, stdout: 'verified 0\n' },
      stderr: expect.stringContaining('No signer for x509 signatures'),
    });
    expect((await repository.git('rev-list', '--count', 'HEAD')).stdout).toBe('1\n');
  });
});

describe.skipIf(rust === undefined)('gitoxide', () => {
  it('writes an unsigned commit without a word, and the gate refuses it', async () => {
    const repository = await prepared();
    const made = await repository.run(join(rust ?? '', 'bin/gix-commit'), []);
    expect([made.code, made.stderr]).toEqual([0, '']);
    await expectUnsigned(repository, sandbox());
  });
});
