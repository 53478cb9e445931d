import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { oddities } from '../../../src/core/policy/lint.ts';
import type { IdentityPolicy } from '../../../src/core/policy/model.ts';
import { asksForSignedPush, decidePush } from '../../../src/core/policy/push.ts';
import { parsePolicy } from '../../../src/gate/policy/file.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';

const issuer = 'https://accounts.example.test';
const signerLine = (name: string, more = ''): string =>
  `  - {name: ${name}, identity: ${name}@example.test, issuer: ${issuer}${more}}\n`;
const TEAM = `${signerLine('alice')}${signerLine('bob')}${signerLine('old', ', until: 2023-01-01')}`;
const policyOf = (rules: string): Promise<IdentityPolicy> =>
  parsePolicy(utf8(`version: 1\nsigners:\n${TEAM}${rules}`), 'p', nodeCrypto);
const NOW = 1_700_000_000;

const partyOf = (name: string, time = NOW) => ({
  signer: { kind: 'email', value: `${name}@example.test`, issuer, extensions: {} } as const,
  times: [time],
});
const asked = (policy: IdentityPolicy, name: string, ref: string, time = NOW) => {
  const decision = decidePush(policy, partyOf(name, time), { payload: utf8('certificate'), ref });
  return decision.allowed ? decision.rule : decision.code;
};

describe('push in a policy', () => {
  it('asks for all refs, for some refs, or for none', async () => {
    const refs = ['refs/heads/main', 'refs/heads/topic', 'refs/tags/v1', 'refs/meta/x'];
    const asking = async (rules: string) => {
      const policy = await policyOf(rules);
      return refs.filter((ref) => asksForSignedPush(policy, ref));
    };
    expect(await asking('')).toEqual([]);
    expect(await asking('push: signed\n')).toEqual(refs);
    const some = "push: {refs: [refs/heads/main, 'refs/tags/v*']}\n";
    expect(await asking(some)).toEqual(['refs/heads/main', 'refs/tags/v1']);
  });

  it('a policy whose push patterns fit no ref, or fit the same refs twice, is odd', async () => {
    const odd = async (refs: string) => {
      const policy = await policyOf(`push: {refs: [${refs}]}\n`);
      return oddities(policy, NOW)
        .map(({ where }) => where)
        .filter((where) => where.startsWith('push'));
    };
    expect(await odd("refs/heads/main, 'refs/heads/release-*', 'refs/tags/**'")).toEqual([]);
    expect(await odd("'refs/heads/ma in', refs/heads/main/, 'refs/heads/a..b'")).toEqual([
      'push.refs[0]',
      'push.refs[1]',
      'push.refs[2]',
    ]);
    expect(await odd("'refs/heads/v1', 'refs/heads/**'")).toEqual(['push.refs[0]']);
  });

  it('a signer may push where the rule of the ref lets the signer sign, and nowhere else (K6)', async () => {
    const policy = await policyOf(
      "commits: [{refs: [refs/heads/main], by: [alice]}]\ntags: [{names: ['v*'], by: [bob]}]\n",
    );
    expect(asked(policy, 'alice', 'refs/heads/main')).toBe('alice');
    expect(asked(policy, 'bob', 'refs/heads/main')).toBe('role-not-allowed');
    expect(asked(policy, 'bob', 'refs/heads/topic')).toBe('bob');
    expect(asked(policy, 'bob', 'refs/tags/v1')).toBe('bob');
    expect(asked(policy, 'alice', 'refs/tags/v1')).toBe('role-not-allowed');
    expect(asked(policy, 'alice', 'refs/tags/other')).toBe('alice');
    expect(asked(policy, 'alice', 'refs/notes/commits')).toBe('alice');
    expect(asked(policy, 'mallory', 'refs/heads/topic')).toBe('identity-not-allowed');
  });

  it('the dates of a signer and an entry of revoked count for pushes (K6)', async () => {
    const revoked = `revoked: [{identity: bob@example.test, issuer: ${issuer}, until: '2024-01-01T00:00Z', reason: lost}]\n`;
    const policy = await policyOf(revoked);
    expect(asked(policy, 'old', 'refs/heads/main')).toBe('signer-out-of-dates');
    expect(asked(policy, 'old', 'refs/heads/main', 1_600_000_000)).toBe('old');
    expect(asked(policy, 'bob', 'refs/heads/main')).toBe('revoked');
    expect(asked(policy, 'alice', 'refs/heads/main')).toBe('alice');
  });
});
