/** Clients in Python: GitPython, dulwich and pygit2. Skipped where scripts/peers could not install them. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  expectNothingWithoutLogin,
  expectSignedCommit,
  expectSignedTag,
  expectUnsigned,
  useClientSandbox,
} from '../support/clients.ts';
import { peer } from '../support/peers.ts';
import { recipe } from '../support/recipes.ts';

const environment = peer('clients-python');
const python = join(environment ?? '', 'bin/python');
const sandbox = useClientSandbox();

/** A repository whose index holds a file, so that clients without `--allow-empty` have something to commit. */
async function staged() {
  const repository = await sandbox().repository();
  const file = repository.beside('file', 'text\n');
  const blob = (await repository.git('hash-object', '-w', file)).stdout.trim();
  await repository.git('update-index', '--add', '--cacheinfo', `100644,${blob},file`);
  return repository;
}

describe.skipIf(environment === undefined)('GitPython', () => {
  it('a commit and a tag by the recipe of the page are signed', async () => {
    const repository = await staged();
    const made = await repository.run(python, ['-c', recipe('GitPython')]);
    expect([made.code, made.stderr]).toEqual([0, '']);
    await expectSignedCommit(repository, sandbox());
    await expectSignedTag(repository, sandbox(), 'v1');
  });

  it('index.commit writes an unsigned commit without a word, and the gate refuses it', async () => {
    const repository = await staged();
    const code = "import git; git.Repo('.').index.commit('made by GitPython')";
    expect(await repository.run(python, ['-c', code])).toEqual({
      ...{ code: 0, stdout: '', stderr: '' },
    });
    await expectUnsigned(repository, sandbox());
  });

  it('the recipe writes nothing without a login', async () => {
    await expectNothingWithoutLogin(await staged(), python, ['-c', recipe('GitPython')]);
  });
});

describe.skipIf(environment === undefined)('dulwich', () => {
  const dulwich = (code: string) => ['-c', `from dulwich import porcelain\n${code}`];

  it('a commit and a tag by the recipe of the page are signed', async () => {
    const repository = await staged();
    expect((await repository.run(python, ['-c', recipe('dulwich')])).code).toBe(0);
    await expectSignedCommit(repository, sandbox());
    await expectSignedTag(repository, sandbox(), 'v1');
  });

  it('commit.gpgSign alone makes it sign', async () => {
    const repository = await staged();
    const made = await repository.run(python, dulwich("porcelain.commit('.', message='made')"));
    expect(made.code).toBe(0);
    await expectSignedCommit(repository, sandbox());
  });

  it('the recipe writes nothing without a login', async () => {
    await expectNothingWithoutLogin(await staged(), python, ['-c', recipe('dulwich')]);
  });

  it('its verify_commit passes an unsigned commit and reads no signature of ours, as the page says', async () => {
    const repository = await staged();
    const unsigned = dulwich("porcelain.commit('.', message='made', sign=False)");
    expect((await repository.run(python, unsigned)).code).toBe(0);
    await expectUnsigned(repository, sandbox());
    const verify = dulwich("porcelain.verify_commit('.')");
    expect((await repository.run(python, verify)).code).toBe(0);
    await repository.git('commit', '-q', '--allow-empty', '-m', 'signed');
    const refused = await repository.run(python, verify);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('Unknown signature format'),
    ]);
  });
});

describe.skipIf(environment === undefined)('pygit2', () => {
  const OPEN =
    "import pygit2\nrepository = pygit2.Repository('.', pygit2.enums.RepositoryOpenFlag.FROM_ENV)\n";

  it('a commit by the recipe of the page is signed', async () => {
    const repository = await staged();
    const made = await repository.run(python, ['-c', recipe('pygit2')]);
    expect(made.code).toBe(0);
    await expectSignedCommit(repository, sandbox());
    // and another on top of it
    expect((await repository.run(python, ['-c', recipe('pygit2')])).code).toBe(0);
    await expectSignedCommit(repository, sandbox());
    expect((await repository.git('rev-list', '--count', 'HEAD')).stdout).toBe('2\n');
  });

  it('create_commit and create_tag write unsigned objects without a word, and the gate refuses them', async () => {
    const repository = await staged();
    const code = `${OPEN}
person = repository.default_signature
commit = repository.create_commit('HEAD', person, person, 'made by pygit2', repository.index.write_tree(), [])
repository.create_tag('v1', commit, pygit2.enums.ObjectType.COMMIT, person, 'made by pygit2')`;
    expect(await repository.run(python, ['-c', code])).toEqual({
      ...{ code: 0, stdout: '', stderr: '' },
    });
    await expectUnsigned(repository, sandbox());
    await expectUnsigned(repository, sandbox(), { type: 'tag', name: 'v1' });
  });

  it('reads what the sandbox sets, from its file alone', async () => {
    const repository = await staged();
    const keys = ['gpg.format', 'gpg.x509.program', 'user.email', 'signet.trust'];
    const code = `${OPEN}print(*[repository.config[key] for key in ${JSON.stringify(keys)}])`;
    const { stdout } = await repository.run(python, ['-c', code]);
    expect(stdout).toMatch(/^x509 \/.*git-signet alice@example\.test \/.*trusted_root\.json\n$/);
  });

  it('the recipe writes nothing without a login', async () => {
    await expectNothingWithoutLogin(await staged(), python, ['-c', recipe('pygit2')]);
  });
});
