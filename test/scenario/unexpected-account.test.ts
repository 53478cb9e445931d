/**
 * The account is unexpected, and there is no terminal to ask at. Nothing is published, for every kind of login. The
 * remedies work. A token that the user put into the environment needs no question.
 */

import { describe, expect, it } from 'vitest';
import { useMachines } from '../support/machine.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const machine = useMachines(sandbox);
const COMMIT = ['commit', '-q', '--allow-empty', '-m', 'a change'];
/** Signed as git asks for it; the browser logs in as alice. */
const SIGN = ['--status-fd=2', '-bsau', 'x'];
const BY_CAROL = `tree ${'0'.repeat(40)}\nauthor A <a@x.test> 1 +0000\ncommitter Carol <carol@example.test> 1 +0000\n\nx\n`;
const NOBODY =
  'git-signet: logged in as alice@example.test, but the committer is carol@example.test, and there is no terminal to ask whether that is you\n' +
  '  nothing was published. Run git signet login at a terminal, or name the signer: git signet use NAME\n';

const published = () => {
  const { fulcio, rekor } = sandbox().requests;
  return { fulcio, rekor };
};

describe.each([
  ['signing in place', SIGN, { SIGNET_AGENT: 'no' }],
  ['signing by way of the agent', SIGN, {}],
  ['git signet login', ['login'], {}],
])('%s', (_name, args, env) => {
  it('an unexpected account is refused with exit 4, and nothing is published (O20)', async () => {
    const one = await machine();
    const at = await one.repository('work', { 'user.email': 'carol@example.test' });
    const before = published();
    const ran = await one.signet(at, args, { env, input: BY_CAROL });
    expect([ran.exit, ran.out]).toEqual([4, '']);
    expect(ran.err).toContain(NOBODY);
    expect(await one.git(at, COMMIT, env)).toMatchObject({ exit: 128 });
    expect(published()).toEqual(before);
    const { agents } = JSON.parse((await one.signet(at, ['agent', 'status', '--json'])).out);
    for (const { credentials } of agents) expect(credentials).toEqual([]);
  });
});

describe('an account that is no stranger', () => {
  it('the account that signet.identity names signs, and is known on this machine afterwards (O20)', async () => {
    const one = await machine();
    const env = { SIGNET_AGENT: 'no' };
    const at = await one.repository('work', { 'user.email': 'carol@example.test' });
    expect(await one.git(at, COMMIT, env)).toMatchObject({ exit: 128 });
    const named = ['-c', 'signet.identity=alice@example.test', ...COMMIT];
    expect(await one.git(at, named, env)).toMatchObject({ exit: 0 });
    expect(await one.git(at, COMMIT, env)).toMatchObject({ exit: 0 });
  });

  it('the account of a token that the user put into the environment needs no question (O20)', async () => {
    const one = await machine();
    const at = await one.repository('work', { 'user.email': 'carol@example.test' });
    const env = { SIGSTORE_ID_TOKEN: await sandbox().mintToken() };
    expect(await one.git(at, COMMIT, env)).toMatchObject({ exit: 0 });
  });
});
