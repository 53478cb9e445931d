/** Clients in JavaScript: isomorphic-git and simple-git. Skipped where scripts/peers could not install them. */

import { symlinkSync } from 'node:fs';
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
import { peer } from '../support/peers.ts';
import { recipe } from '../support/recipes.ts';

const packages = peer('clients-node');
const sandbox = useClientSandbox();

/** A repository, with the packages where a script beside it finds them. */
async function prepared(): Promise<ClientRepository> {
  const repository = await sandbox().repository();
  symlinkSync(join(packages ?? '', 'node_modules'), join(dirname(repository.path), 'node_modules'));
  // isomorphic-git reads the repository's own configuration only
  await repository.git('config', 'user.name', 'alice');
  await repository.git('config', 'user.email', 'alice@example.test');
  return repository;
}

const script = (repository: ClientRepository, code: string) =>
  repository.run(process.execPath, [repository.beside('script.mjs', code)]);

describe.skipIf(packages === undefined)('isomorphic-git', () => {
  it('a commit and a tag by the recipe of the page are signed', async () => {
    const repository = await prepared();
    const made = await script(repository, recipe('isomorphic-git'));
    expect([made.code, made.stderr]).toEqual([0, '']);
    await expectSignedCommit(repository, sandbox());
    await expectSignedTag(repository, sandbox(), 'v1');
  });

  it('a message and a name with letters beyond ASCII are signed as git reads them', async () => {
    const repository = await prepared();
    await repository.git('config', 'user.name', 'Ålïce Ünder');
    const code = recipe('isomorphic-git').replaceAll('trailing bytes', 'überzählige Bytes – ✓');
    expect((await script(repository, code)).code).toBe(0);
    expect((await repository.git('log', '-1', '--format=%an %s')).stdout).toMatch(/^Ålïce.*✓\n$/);
    await expectSignedCommit(repository, sandbox());
  });

  it('without onSign it writes an unsigned commit and tag without a word, and the gate refuses them', async () => {
    const repository = await prepared();
    const code = `import fs from 'node:fs';
import git from 'isomorphic-git';
const person = { name: 'alice', email: 'alice@example.test' };
await git.commit({ fs, dir: '.', author: person, message: 'made by isomorphic-git' });
await git.annotatedTag({ fs, dir: '.', tagger: person, ref: 'v1', message: 'made by isomorphic-git' });`;
    expect(await script(repository, code)).toEqual({ code: 0, stdout: '', stderr: '' });
    await expectUnsigned(repository, sandbox());
    await expectUnsigned(repository, sandbox(), { type: 'tag', name: 'v1' });
  });

  it('the recipe writes nothing without a login', async () => {
    const repository = await prepared();
    const file = repository.beside('script.mjs', recipe('isomorphic-git'));
    await expectNothingWithoutLogin(repository, process.execPath, [file]);
  });
});

describe.skipIf(packages === undefined)('simple-git', () => {
  it('a commit and a tag by the recipe of the page are signed', async () => {
    const repository = await prepared();
    const made = await script(repository, recipe('simple-git'));
    expect([made.code, made.stderr]).toEqual([0, '']);
    await expectSignedCommit(repository, sandbox());
    await expectSignedTag(repository, sandbox(), 'v1');
  });

  it('reads what the sandbox sets, from its file alone, and nothing of it by default', async () => {
    const repository = await sandbox().repository();
    symlinkSync(
      join(packages ?? '', 'node_modules'),
      join(dirname(repository.path), 'node_modules'),
    );
    const code = `import { simpleGit } from 'simple-git';
const keys = ['gpg.format', 'gpg.x509.program', 'user.email', 'signet.trust'];
for (const options of [{ allowEnvironment: ['GIT_CONFIG_GLOBAL'] }, {}]) {
  const git = simpleGit(options);
  const values = [];
  for (const key of keys) values.push((await git.getConfig(key)).value ?? 'none');
  console.log(...values);
}`;
    expect((await script(repository, code)).stdout).toMatch(
      /^x509 \/.*git-signet alice@example\.test \/.*trusted_root\.json\nnone none none none\n$/,
    );
  });

  it('the recipe writes nothing without a login', async () => {
    const repository = await prepared();
    const file = repository.beside('script.mjs', recipe('simple-git'));
    await expectNothingWithoutLogin(repository, process.execPath, [file]);
  });
});
