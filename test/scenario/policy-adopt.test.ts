/**
 * A maintainer adopts the gate in an old repository: unsigned commits, logins, SSH keys, OpenPGP keys and a forge's key for
 * merges. One command proposes a policy, and the policy decides about every old commit. A claim names no signer.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { gnupgKeyring } from '../support/gnupg.ts';
import {
  type OpenPgpPerson,
  openPgpPerson,
  type PolicyCommit,
  policyScene,
  sshPerson,
} from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';
import { signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();

interface Written {
  readonly since?: string;
  readonly changes: readonly string[];
  readonly signers: readonly Readonly<Record<string, string>>[];
}

function scene(name: string, format: 'sha1' | 'sha256' = 'sha1') {
  const made = policyScene(name, sandbox(), format);
  const { repository, commit, branch, file } = made;
  const ids: Record<string, string> = {};
  let tip: string | undefined;
  const add = async (subject: string, fields: PolicyCommit = {}): Promise<string> => {
    tip = await commit({ subject, parents: tip === undefined ? [] : [tip], ...fields });
    ids[subject] = branch('main', tip);
    return tip;
  };
  const env = { GNUPGHOME: join(repository.home, 'gnupg') };
  const run = (args: readonly string[]) => signet(repository, args, { env });
  const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
  const init = (...args: string[]) => run(['policy', 'init', ...trust, ...args]);
  const path = join(repository.path, '.signet.yaml');
  const keysFile = (text: string, name_ = 'keys') => file(text, name_);
  const written = () => parse(readFileSync(path, 'utf8')) as Written;
  const check = () => run(['policy', 'check']);
  return {
    ...made,
    add,
    ids,
    init,
    path,
    keysFile,
    written,
    check,
    keyring: () => gnupgKeyring(repository.home),
  };
}

const ssh = (person: ReturnType<typeof sshPerson>, committer: string): PolicyCommit => ({
  by: { armor: (payload) => person.armor(payload) },
  committer,
});
const pgp = (person: OpenPgpPerson, committer: string): PolicyCommit => ({ by: person, committer });

describe.runIf(haveTools('ssh-keygen', 'gpg'))('adopting the gate in a mixed history', () => {
  it('policy init proposes a policy that decides about every old commit', async () => {
    const { repository, add, ids, init, written, path, check, keysFile, keyring, verify } =
      scene('adopt');
    const [dave, eve] = [sshPerson(repository, 'dave'), sshPerson(repository, 'eve')];
    const erin = await openPgpPerson('Erin', { email: 'erin@example.test' });
    const double = await openPgpPerson('Alice', { email: 'alice@example.test' });
    const forge = await openPgpPerson('Forge (web)', { email: 'noreply@forge.example' });
    const ring = keyring();
    ring.add(erin, true);
    ring.add(double, false);
    const allowed = keysFile(`dave@example.test namespaces="git" ${dave.line}\n`, 'allowed');
    repository.must('config', '--global', 'gpg.ssh.allowedSignersFile', allowed);
    await add('one', { by: 'nobody' });
    await add('two', { by: 'nobody' });
    const last = await add('three', { by: 'nobody' });
    await add('alice');
    await add('bob', { by: { email: 'bob@example.test' } });
    await add('dave', ssh(dave, 'dave@example.test'));
    await add('dave by login', { by: { email: 'dave@example.test' } });
    await add('eve', ssh(eve, 'alice@example.test'));
    await add('erin', pgp(erin, 'erin@example.test'));
    await add('double', pgp(double, 'alice@example.test'));
    await add('merged by the forge', pgp(forge, 'noreply@forge.example'));
    const files = ring.files();

    const made = await init('--write', '--keys', keysFile(`${forge.armored}\n`, 'forge.asc'));
    expect(made.exit, made.talk).toBe(0);
    expect(made.talk).toContain('2 keys are marked NOT VERIFIED');
    expect(ring.files()).toEqual(files);
    expect(await check()).toMatchObject({ exit: 0, out: expect.stringContaining('nothing odd') });

    const { since, changes, signers } = written();
    expect(since).toBe(last);
    const stranger = `openpgp-${double.fingerprint.slice(-16)}`;
    const names = signers.map(({ name }) => name ?? '');
    const unnamed = names.find((name) => name.startsWith('ssh-')) ?? '';
    expect(names.toSorted()).toEqual(
      ['alice', 'bob', 'dave', 'dave', 'erin', 'Forge-web', stranger, unnamed].toSorted(),
    );
    expect(changes.toSorted()).toEqual(['alice', 'bob', 'dave', 'erin']);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain('# 3 commits up to here are unsigned.');
    expect(text.match(/# NOT VERIFIED whose key this is/g)).toHaveLength(2);

    const { said, exit } = await verify('--policy', path, `${ids['one']}..main`);
    expect(exit).toBe(0);
    expect(
      Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, said.get(id)])),
    ).toEqual({
      ...{ one: undefined, two: undefined, three: undefined },
      ...{ alice: 'verified alice', bob: 'verified bob', dave: 'verified dave' },
      'dave by login': 'verified dave',
      ...{ eve: `verified ${unnamed}`, erin: 'verified erin', double: `verified ${stranger}` },
      'merged by the forge': 'verified Forge-web',
    });
  });

  it('a forged signature proves no signer, is named in the policy, and stays refused', async () => {
    const { repository, add, ids, init, path, check, keysFile, verify, written } = scene('forged');
    const dave = sshPerson(repository, 'dave');
    const erin = await openPgpPerson('Erin', { email: 'erin@example.test' });
    const root = await add('alice');
    await add('ssh', { ...ssh(dave, 'dave@example.test'), tampered: true });
    await add('openpgp', { ...pgp(erin, 'erin@example.test'), tampered: true });
    await add('login', { by: { email: 'bob@example.test' }, tampered: true });
    const keys = keysFile(`dave@example.test ${dave.line}\n${erin.armored}\n`);
    const made = await init('--write', '--keys', keys);
    expect(made.exit, made.talk).toBe(0);
    expect(written().signers.map(({ name }) => name)).toEqual(['alice']);
    expect(written().since).toBeUndefined();
    for (const name of ['ssh', 'openpgp', 'login']) {
      expect(readFileSync(path, 'utf8')).toContain(`#   ${ids[name]}: `);
    }
    expect((await check()).exit).toBe(0);
    const { said, exit } = await verify('--policy', path, `${root}..main`);
    expect([exit, said.get(ids['login'] ?? '')]).toEqual([1, 'content-digest-differs']);
    expect([...said.values()].filter((value) => value.startsWith('verified'))).toEqual([]);
  });

  it('a signature after its key expired is refused, and another key of that name is another signer', async () => {
    const { add, ids, init, path, keysFile, written, verify } = scene('expired');
    const email = 'alice@example.test';
    const made = new Date('2020-01-01T00:00:00Z');
    const inTime = new Date('2020-01-01T01:00:00Z');
    const expired = await openPgpPerson('Alice', {
      ...{ email, date: made, expires: 86_400, signsAt: inTime },
    });
    const late = new Date('2021-01-01T00:00:00Z');
    const other = await openPgpPerson('Alice', { email, date: made });
    const root = await add('alice');
    await add('in time', pgp(expired, email));
    await add('late', {
      by: { armor: (payload) => expired.armor(payload, late) },
      committer: email,
    });
    await add('another key', pgp(other, email));
    const keys = keysFile(`${expired.armored}\n${other.armored}\n`);
    const { exit, talk } = await init('--write', '--keys', keys);
    expect([exit, talk]).toEqual([0, expect.stringContaining('1 signature is wrong')]);
    expect(written().signers.map(({ name }) => name)).toEqual(['alice', 'alice-2', 'alice-3']);
    expect(readFileSync(path, 'utf8')).toContain(`#   ${ids['late']}: `);
    const { said } = await verify('--policy', path, `${root}..main`);
    expect(['in time', 'late', 'another key'].map((name) => said.get(ids[name] ?? ''))).toEqual([
      expect.stringMatching(/^verified alice-[23]$/),
      'signature-invalid',
      expect.stringMatching(/^verified alice-[23]$/),
    ]);
  });

  it('a key that is not at hand is named with what would help, and its commits are not judged', async () => {
    const { add, init, written, path, check, ids } = scene('absent');
    const erin = await openPgpPerson('Erin', { email: 'erin@example.test' });
    await add('one', pgp(erin, 'erin@example.test'));
    await add('alice');
    expect((await init('--write')).exit).toBe(0);
    const { since, signers } = written();
    expect([since, signers.length]).toEqual([ids['one'], 1]);
    expect(readFileSync(path, 'utf8')).toContain(
      `OpenPGP key ${erin.fingerprint}, it is not at hand: give it with --keys FILE`,
    );
    expect((await check()).exit).toBe(0);
  });

  it('a hostile name in a key cannot become YAML, nor a name in the policy', async () => {
    const { add, init, written, keysFile, keyring, path, check } = scene('hostile');
    const hostile =
      'x"\n  - {name: root, identity: mallory@example.test, issuer: i} #\u202e: &a *a';
    const given = await openPgpPerson(hostile, { email: 'g@example.test' });
    const ringed = await openPgpPerson('y\\"]} - {name: root} #', { email: 'r@example.test' });
    keyring().add(ringed, false);
    await add('alice');
    await add('given', pgp(given, 'a"\\n- b@example.test'));
    await add('ringed', pgp(ringed, 'r@example.test'));
    const made = await init('--write', '--keys', keysFile(`${given.armored}\n`));
    expect(made.exit, made.talk).toBe(0);
    const names = written().signers.map(({ name }) => name);
    expect(names.toSorted()).toEqual(
      ['alice', 'g', `openpgp-${ringed.fingerprint.slice(-16)}`].toSorted(),
    );
    expect(readFileSync(path, 'utf8')).not.toMatch(/[^\n\x20-\x7e…]/);
    expect((await check()).exit).toBe(0);
  });

  it('names that the repository itself chooses do not count, and the words say how to take them', async () => {
    const { repository, add, init, written, keysFile } = scene('own-names');
    const mallory = sshPerson(repository, 'mallory');
    const allowed = keysFile(`alice@example.test ${mallory.line}\n`, 'allowed');
    repository.must('config', '--local', 'gpg.ssh.allowedSignersFile', allowed);
    await add('mallory', ssh(mallory, 'alice@example.test'));
    const made = await init('--write');
    expect(made.exit, made.talk).toBe(0);
    expect(written().signers.map(({ name }) => name)).toEqual([
      // eight characters of the fingerprint: runs of + and / are one hyphen, and none at the end
      expect.stringMatching(/^ssh-[\w.-]{1,8}$/),
    ]);
    expect(made.talk).toContain(`--keys ${allowed}`);
  });

  it('dates of an allowed signer come with the key, and a signature outside of them is refused', async () => {
    const { repository, add, init, written, keysFile, ids, path } = scene('dates');
    const dave = sshPerson(repository, 'dave');
    const day = (text: string) => Date.parse(`${text}T12:00:00Z`) / 1000;
    await add('in time', { ...ssh(dave, 'dave@example.test'), date: day('2024-06-01') });
    await add('late', { ...ssh(dave, 'dave@example.test'), date: day('2025-06-01') });
    const line = `dave@example.test valid-after="20240101Z",valid-before="20250101Z" ${dave.line}\n`;
    expect((await init('--write', '--keys', keysFile(line))).exit).toBe(0);
    expect(written().signers).toMatchObject([
      { name: 'dave', from: '2024-01-01T00:00:00Z', until: '2025-01-01T00:00:00Z' },
    ]);
    expect(readFileSync(path, 'utf8')).toContain(`#   ${ids['late']}: `);
  });

  it('a repository with SHA-256 objects is read like every other', async () => {
    const { add, init, written, check, verify, path, repository, keysFile } = scene(
      'sha256',
      'sha256',
    );
    const dave = sshPerson(repository, 'dave');
    const old = await add('old', { by: 'nobody' });
    await add('alice');
    await add('dave', ssh(dave, 'dave@example.test'));
    expect(
      (await init('--write', '--keys', keysFile(`dave@example.test ${dave.line}\n`))).exit,
    ).toBe(0);
    expect(written().since).toBe(old);
    expect(old).toHaveLength(64);
    expect((await check()).exit).toBe(0);
    const { said, exit } = await verify('--policy', path, `${old}..main`);
    expect([exit, [...said.values()].toSorted()]).toEqual([0, ['verified alice', 'verified dave']]);
  });
});

describe('a history that proves no signer', () => {
  it('without a commit, policy init exits with 2 and says so', async () => {
    const { init } = scene('no-commit');
    expect(await init()).toMatchObject({
      ...{ exit: 2, out: '' },
      talk: expect.stringContaining('HEAD: there is no commit yet'),
    });
  });

  it('with unsigned commits alone, policy init exits with 2 and writes nothing', async () => {
    const { add, init, path } = scene('unsigned');
    await add('one', { by: 'nobody' });
    await add('two', { by: 'nobody' });
    expect(await init('--write')).toMatchObject({
      ...{ exit: 2, out: '' },
      talk: expect.stringContaining(
        'no signer of this history can be proved (commits: 2 unsigned)',
      ),
    });
    expect(existsSync(path)).toBe(false);
  });

  it('with a shallow clone, policy init exits with 2 and names what fetches the rest', async () => {
    const { repository, add, init } = scene('shallow');
    await add('one');
    const tip = await add('two');
    writeFileSync(join(repository.path, '.git/shallow'), `${tip}\n`);
    expect(await init()).toMatchObject({
      ...{ exit: 2, out: '' },
      talk: expect.stringContaining('git fetch --unshallow'),
    });
  });

  it.each([
    ['is not there', undefined, 'there is no such file'],
    ['holds no key', 'nothing\n', 'it holds no key that may sign'],
    [
      'holds a broken key',
      '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n',
      'an OpenPGP key cannot be read',
    ],
  ])('a file of --keys that %s is an error that names it', async (_, text, says) => {
    const { add, init, keysFile, repository } = scene('bad-keys');
    await add('alice');
    const path = text === undefined ? join(repository.home, 'absent') : keysFile(text);
    const { exit, out, talk } = await init('--keys', path);
    expect([exit, out]).toEqual([2, '']);
    expect(talk).toContain(`${path}: ${says}`);
    expect(talk.split(path)).toHaveLength(2);
  });

  it('a trust root that is not in force proves no signer, and its name is printed', async () => {
    const { add, repository, path } = scene('elsewhere');
    await add('alice');
    const init = (...more: string[]) =>
      signet(repository, ['policy', 'init', '--offline', ...more], { env: {} });
    const from = sandbox().files.trustedRoot;
    expect((await init()).exit).toBe(2);
    const kept = await signet(repository, ['trust', 'init', '--global', '--from', from]);
    expect(kept.exit, kept.talk).toBe(0);
    repository.must('config', '--global', '--unset', 'signet.trust');
    const other = await init('--write');
    expect([other.exit, existsSync(path)]).toEqual([2, false]);
    const [, root = ''] = /--trusted-root '([^']+)'/.exec(other.talk) ?? [];
    expect((await init('--trusted-root', root)).out).toContain('identity: "alice@example.test"');
  });
});
