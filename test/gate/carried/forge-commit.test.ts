import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import type { IdentityPolicy, Outcome } from '../../../src/core/verdict.ts';
import { carriedRules, isForgeCommit } from '../../../src/gate/carried/forge-commit.ts';
import { parsePolicy } from '../../../src/gate/policy/file.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';

const id = 'f'.repeat(40);
const policyOf = (commits: string, signers = ''): Promise<IdentityPolicy> =>
  parsePolicy(
    utf8(
      `version: 1\nsigners: [{name: a, identity: b, issuer: c}${signers}]\ncommits: ${commits}\n`,
    ),
    ...(['p', nodeCrypto] as const),
  );
const rejected = (status: 'refused' | 'undecided' | 'unsigned', code: string, more = {}): Outcome =>
  ({ status, check: 'object', code, detail: '', ...more }) as Outcome;
const notAllowed = (code: string): Outcome =>
  ({ status: 'not-allowed', check: 'policy', code, detail: '' }) as Outcome;

const asked = async (own: Outcome, policy: IdentityPolicy): Promise<boolean> => {
  const rules = carriedRules([policy], 'refs/heads/main') ?? [];
  return isForgeCommit({ id, own, policies: [policy], rules }, async () => undefined);
};

describe('which commits may be carried', () => {
  it.each([
    ['unsigned', rejected('unsigned', 'unsigned'), true],
    ['by an unlisted account', notAllowed('identity-not-allowed'), true],
    ['by an unlisted key', notAllowed('key-not-pinned'), true],
    [
      'by a kind of key that the policy does not pin',
      rejected('undecided', 'signature-kind-unsupported', { kind: 'openpgp' }),
      true,
    ],
    [
      'by a kind of key that the policy pins, which cannot be checked here',
      rejected('undecided', 'signature-kind-unsupported', { kind: 'ssh' }),
      false,
    ],
    ['by a signer who may not sign here', notAllowed('role-not-allowed'), false],
    ['by a signer whose dates are over', notAllowed('signer-out-of-dates'), false],
    ['by a signature that is taken back', notAllowed('revoked'), false],
    ['by a signer who is not the committer', notAllowed('committer-differs'), false],
    ['altered', rejected('refused', 'content-digest-differs'), false],
    ['malformed', rejected('refused', 'object-malformed'), false],
    [
      'without a log entry that could be asked for',
      rejected('undecided', 'log-unreachable'),
      false,
    ],
  ] as const)('a commit that is %s may be carried: %#', async (_name, own, may) => {
    const ssh =
      ", {name: s, ssh: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f'}";
    expect(await asked(own, await policyOf('[{carried: {how: [squash]}}]', ssh))).toBe(may);
  });

  it('each policy that judges needs a rule for the ref that has carried', async () => {
    const one = await policyOf('[{refs: [refs/heads/main], carried: {how: [squash]}}]');
    const none = await policyOf('[{refs: [refs/heads/main]}]');
    expect(carriedRules([one], 'refs/heads/main')).toHaveLength(1);
    expect(carriedRules([one], 'refs/heads/other')).toBeUndefined();
    expect(carriedRules([one, none], 'refs/heads/main')).toBeUndefined();
    expect(carriedRules([], 'refs/heads/main')).toBeUndefined();
  });
});
