/** A wrong committer with an identity set: told at once, by whatever way it is signed; no login, nothing in a log. */

import { describe, expect, it } from 'vitest';
import { countLogins, useMachines } from '../support/machine.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const machine = useMachines(sandbox);
const BOTH = { 'signet.identity': 'alice@example.test', 'signet.matchCommitter': 'true' };
const BY_BOB = `tree ${'0'.repeat(40)}\nauthor A <a@x.test> 1 +0000\ncommitter Bob <bob@example.test> 1 +0000\n\nx\n`;
const commit = (name: string) => ['commit', '-q', '--allow-empty', '-m', name];

describe.each([
  ['by way of the agent', 'yes'],
  ['in place', 'no'],
])('an identity and a committer that differ, signed %s', (_name, agent) => {
  it('nothing is published and no browser opens, with and without a login (D26)', async () => {
    const one = await machine();
    const env = { SIGNET_AGENT: agent };
    const at = await one.repository('work', BOTH);
    const logins = countLogins(sandbox());
    const published = () => {
      const { fulcio, rekor } = sandbox().requests;
      return { fulcio, rekor };
    };
    const mistaken = async () => {
      const before = published();
      const ran = await one.signet(at, ['--status-fd=2', '-bsau', 'x'], { env, input: BY_BOB });
      expect([ran.exit, ran.out, ran.err]).toEqual([
        4,
        '',
        'git-signet: the committer is bob@example.test, but this repository expects alice@example.test (signet.identity, signet.matchCommitter), and no login can match both\n' +
          '  nothing was published, so run: git config user.email alice@example.test, or change signet.identity\n',
      ]);
      const bob = { ...env, GIT_COMMITTER_EMAIL: 'bob@example.test' };
      expect(await one.git(at, commit('as bob'), bob)).toMatchObject({ exit: 128 });
      expect(published()).toEqual(before);
    };
    await mistaken();
    expect(logins.count().logins).toBe(0);
    expect(await one.git(at, commit('as alice'), env)).toMatchObject({ exit: 0 });
    expect(logins.count().logins).toBe(1);
    await mistaken();
    expect(logins.count().logins).toBe(1);
  });
});

it('git signet login and doctor say that no login could help, and no login begins (D26)', async () => {
  const one = await machine();
  const at = await one.repository('work', { ...BOTH, 'user.email': 'bob@example.test' });
  const logins = countLogins(sandbox());
  const refused = await one.signet(at, ['login']);
  expect([refused.exit, refused.err]).toEqual([
    4,
    expect.stringContaining('no login can match both'),
  ]);
  const doctor = await one.signet(at, ['doctor', '--offline', '--json']);
  expect(doctor.exit).toBe(4);
  expect(doctor.out).toContain('no login can match both');
  expect(logins.count().logins).toBe(0);
});

describe('a key that names another account than the one that signs', () => {
  const BY_ALICE = BY_BOB.replace('Bob <bob@', 'Alice <alice@');
  const asBob = ['--status-fd=2', '-bsau', 'bob@example.test'];
  const said =
    'signed as alice@example.test, although user.signingKey (or -u) names bob@example.test';

  it('the expectation is said with each signature, in place and by way of the agent', async () => {
    const one = await machine();
    const at = await one.repository('work');
    for (const agent of ['no', 'yes', 'yes']) {
      const options = { env: { SIGNET_AGENT: agent }, input: BY_ALICE };
      const ran = await one.signet(at, asBob, options);
      expect([ran.exit, ran.err.split(said).length]).toEqual([0, 2]);
      const plain = await one.signet(
        at,
        ['--status-fd=2', '-bsau', 'Alice <alice@example.test>'],
        options,
      );
      expect([plain.exit, plain.err]).toEqual([0, expect.not.stringContaining('although')]);
    }
  });

  it('a commit that another account must sign is refused before a login, by git as well', async () => {
    const one = await machine();
    const logins = countLogins(sandbox());
    for (const [name, value] of Object.entries(BOTH)) {
      const at = await one.repository(name, {
        [name]: value,
        'user.signingKey': 'bob@example.test',
      });
      const ran = await one.signet(at, asBob, { input: BY_ALICE });
      expect([ran.exit, ran.out]).toEqual([4, '']);
      expect(ran.err).toMatch(
        /^git-signet: the key to sign with is bob@example\.test \(user\.signingKey, or -u\), but .*alice@example\.test.* is expected here\n {2}nothing was published\. .*git config --unset user\.signingKey/,
      );
      expect(await one.git(at, commit('as bob'))).toMatchObject({ exit: 128 });
      const alice = ['-c', 'user.signingKey=alice@example.test'];
      expect(logins.count().logins).toBe(name === 'signet.identity' ? 0 : 1);
      expect(await one.git(at, [...alice, ...commit('as alice')])).toMatchObject({ exit: 0 });
    }
    expect(logins.count().logins).toBe(1);
  });
});
