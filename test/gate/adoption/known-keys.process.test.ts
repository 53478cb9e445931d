import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ClaimedKeys, findKeys } from '../../../src/gate/adoption/known-keys.ts';
import { type ScratchRepository, scratchRepository } from '../../support/git-repository.ts';
import { haveTools } from '../../support/tools.ts';

/** An SSH key in the home: its public half as policies hold it, and its path. */
function sshKey({ home }: ScratchRepository, name: string) {
  const path = join(home, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', path]);
  return { path, key: readFileSync(`${path}.pub`, 'utf8').trim() };
}

const claims = (...ssh: readonly string[]): ClaimedKeys => ({
  ...{ ssh: new Set(ssh), openpgp: new Set() },
});
const found = async (repository: ScratchRepository, key: string) => {
  const place = { cwd: repository.path, env: repository.env };
  const { keys } = await findKeys(claims(key), [], place);
  return keys.find((each) => each.key === key);
};
const STRANGER = { vouched: false, source: 'the signatures' };
const OWN = { vouched: true, owner: 'me@example.test', source: 'user.signingKey' };

describe.runIf(haveTools('ssh-keygen'))("the user's own SSH key", () => {
  const machine = (name: string) => {
    const repository = scratchRepository(name);
    repository.must('config', '--global', 'user.email', 'me@example.test');
    return { repository, ...sshKey(repository, 'own') };
  };

  it.each([
    ['the key itself', (key: string, _: string) => key],
    ['the key with git’s prefix', (key: string, _: string) => `key::${key}`],
    ['the path of its public key', (_: string, path: string) => `${path}.pub`],
    ['the path of its secret key', (_: string, path: string) => path],
    ['a path in the home', (_: string, path: string) => path.replace(/^.*\//, '~/')],
  ])('has the name of user.email if user.signingKey is %s', async (_, value) => {
    const { repository, key, path } = machine('own');
    // a secret key is not opened
    chmodSync(path, 0o000);
    repository.must('config', '--global', 'user.signingKey', value(key, path));
    expect(await found(repository, key)).toMatchObject(OWN);
  });

  it('has no name if the repository itself sets user.signingKey or user.email', async () => {
    const { repository, key } = machine('not-own');
    repository.must('config', '--local', 'user.signingKey', key);
    expect(await found(repository, key)).toMatchObject(STRANGER);
    repository.must('config', '--global', 'user.signingKey', key);
    repository.must('config', '--local', 'user.email', 'root@example.test');
    expect(await found(repository, key)).toMatchObject(OWN);
  });
});

describe.runIf(haveTools('ssh-keygen'))('an allowed signers file of the user', () => {
  it('names the holder of a key, unless its path leads into the tree or its name is a pattern', async () => {
    const repository = scratchRepository('allowed');
    const { key } = sshKey(repository, 'dave');
    const set = (path: string, principal: string) => {
      writeFileSync(join(repository.home, 'allowed'), `${principal} ${key}\n`);
      writeFileSync(join(repository.path, 'allowed'), `${principal} ${key}\n`);
      repository.must('config', '--global', 'gpg.ssh.allowedSignersFile', path);
      return found(repository, key);
    };
    const full = join(repository.home, 'allowed');
    const dave = { vouched: true, owner: 'dave@example.test' };
    expect(await set(full, 'dave@example.test')).toMatchObject(dave);
    expect(await set('~/allowed', 'dave@example.test')).toMatchObject(dave);
    expect(await set('allowed', 'dave@example.test')).toMatchObject(STRANGER);
    expect(await set(full, '*@example.test')).toMatchObject({ vouched: true, source: full });
    expect(await found(repository, key)).not.toHaveProperty('owner');
  });
});
