import { expect, it } from 'vitest';
import { makeStatement } from '../../../src/commands/statements/make-statement.ts';
import { verifyStatement } from '../../../src/core/statement/verify.ts';
import { loadSettings } from '../../../src/settings/load.ts';
import { nodeCrypto as crypto } from '../../../src/system/crypto.ts';
import { loadTrust } from '../../../src/trust/load.ts';
import { STATEMENT } from '../../support/forge/statement.ts';
import { bareEnvironment, catchInvocation } from '../../support/invocation.ts';
import { useSandbox } from '../../support/sandbox.ts';

const sandbox = useSandbox();

async function here(more: Readonly<Record<string, string>> = {}) {
  const { dir } = sandbox();
  const token = { SIGSTORE_ID_TOKEN: await sandbox().mintToken() };
  const env = { ...bareEnvironment(dir), ...sandbox().environment(), ...token, ...more };
  return catchInvocation({ args: [], env, cwd: dir });
}

it('a statement is signed in place, told like a commit, and verifies', async () => {
  const { invocation, talk, output } = await here({ SIGNET_QUIET: 'no' });
  const { bundle, identity, logIndex } = await makeStatement(STATEMENT, invocation);
  expect(identity).toBe('alice@example.test');
  expect(talk()).toContain(`signed as alice@example.test (log entry ${logIndex})`);
  expect(output()).toBe('');
  const settings = await loadSettings(invocation);
  const trust = await loadTrust(settings, crypto);
  const context = { crypto, trust, now: invocation.now() };
  expect((await verifyStatement(bundle, context)).verdict).toMatchObject({ status: 'verified' });
});

it('a statement must be by the committer here if signet.matchCommitter says so', async () => {
  const match = (email: string) =>
    here({ SIGNET_MATCH_COMMITTER: 'yes', GIT_COMMITTER_NAME: 'A', GIT_COMMITTER_EMAIL: email });
  const { invocation } = await match('alice@example.test');
  expect(await makeStatement(STATEMENT, invocation)).toMatchObject({
    identity: 'alice@example.test',
  });
  const before = { ...sandbox().requests };
  const other = await match('bob@example.test');
  await expect(makeStatement(STATEMENT, other.invocation)).rejects.toMatchObject({
    code: 'IDENTITY_UNEXPECTED',
  });
  expect(sandbox().requests).toEqual(before);
});

it('a payload that is no statement is refused by this way too (A7)', async () => {
  const { invocation } = await here();
  const json = Buffer.from('{"_type":"x"}');
  await expect(makeStatement(json, invocation)).rejects.toMatchObject({ code: 'USAGE' });
});
