/** Stored statements, judged: moved ones, foreign ones, and what a policy's rules count. */

import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import type { EvidenceContext } from '../../src/core/evidence.ts';
import type { IdentityPolicy } from '../../src/core/policy/model.ts';
import { parsePolicy } from '../../src/gate/policy/file.ts';
import { claimedType, judgeStatement } from '../../src/statements/judge.ts';
import type { StoredStatement } from '../../src/statements/read.ts';
import { missingStatement } from '../../src/statements/required.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { forgeStatement, statementJson } from '../support/forge/statement.ts';
import { ISSUER } from '../support/forge.ts';

const COMMIT = { type: 'commit', id: '1'.repeat(40) } as const;
const TEST_RESULT = 'https://in-toto.io/attestation/test-result/v0.1';
const PASSED = { result: 'PASSED', configuration: [] };

type Json = Readonly<Record<string, unknown>>;

function stored(more: Json = {}): {
  readonly one: StoredStatement;
  readonly context: EvidenceContext;
} {
  const { bundle, context } = forgeStatement({
    payload: utf8(JSON.stringify({ ...statementJson(), ...more })),
  });
  return { one: { kind: 'bundle', bytes: bundle, place: 'p' }, context };
}

const policyOf = (rest = '', name = 'alice'): Promise<IdentityPolicy> =>
  parsePolicy(
    utf8(
      `version: 1\nsigners:\n  - {name: ${name}, identity: ${name}@forge.test, issuer: '${ISSUER}'}\n  - {name: bob, identity: bob@forge.test, issuer: '${ISSUER}'}\n${rest}`,
    ),
    'p',
    nodeCrypto,
  );

describe('a stored statement', () => {
  it('about its own object is verified, with the policy’s name for the signer', async () => {
    const { one, context } = stored();
    expect(await judgeStatement(one, COMMIT, context)).toMatchObject({
      verdict: { status: 'verified' },
      signers: [],
    });
    expect(await judgeStatement(one, COMMIT, context, await policyOf())).toMatchObject({
      verdict: { status: 'verified', rule: 'alice' },
      signers: ['alice'],
      person: 'alice',
    });
  });

  it.each([
    ['another commit', { type: 'commit', id: '2'.repeat(40) }],
    ['a tree of that hash', { type: 'tree', id: COMMIT.id }],
    ['a tag of that hash', { type: 'tag', id: COMMIT.id }],
  ] as const)('that is kept under %s is refused (Y3)', async (_name, about) => {
    const { one, context } = stored();
    const judged = await judgeStatement(one, about, context, await policyOf());
    expect(judged.verdict).toMatchObject({
      status: 'refused',
      code: 'statement-subject-differs',
    });
    expect(judged.statement).toBeUndefined();
  });

  it('by gitsign is undecided, whatever it says (Y4)', async () => {
    const { context } = stored();
    const payload = Buffer.from(JSON.stringify(statementJson())).toString('base64');
    const envelope = {
      payloadType: 'application/vnd.in-toto+json',
      payload,
      signatures: [{ keyid: '', sig: 'MEUCIQ==' }],
    };
    const one = { kind: 'gitsign', bytes: utf8(JSON.stringify(envelope)), place: 'p' } as const;
    expect(claimedType(one)).toBe('https://example.test/predicate/v1');
    const { verdict, statement } = await judgeStatement(one, COMMIT, context);
    expect(verdict).toMatchObject({ status: 'undecided', code: 'statement-without-evidence' });
    expect(statement).toBeUndefined();
  });

  it('by a signer that the policy does not list is not allowed (Y4)', async () => {
    const { one, context } = stored();
    const judged = await judgeStatement(one, COMMIT, context, await policyOf('', 'carol'));
    expect(judged).toMatchObject({
      verdict: { status: 'not-allowed', code: 'identity-not-allowed' },
      signers: [],
    });
  });

  it('that is no bundle claims no type', () => {
    for (const text of ['', 'x', '{}', '{"dsseEnvelope":1}', '{"dsseEnvelope":{"payload":"*"}}']) {
      expect(claimedType({ kind: 'bundle', bytes: utf8(text), place: 'p' })).toBeUndefined();
    }
  });
});

describe('a rule that asks for a statement', () => {
  const ask = async (
    statements: readonly ReturnType<typeof stored>[],
    rule = '{type: test-result, refs: [refs/heads/main], by: [alice]}',
  ) => {
    const policy = await policyOf(`attestations: [${rule}]\n`);
    const sources = {
      store: {
        about: async () => ({ statements: statements.map(({ one }) => one), problems: [] }),
      },
      context: statements[0]?.context ?? stored().context,
    };
    return missingStatement(policy.attestations ?? [], policy, [COMMIT], sources);
  };
  const result = (predicate: Json = PASSED) => stored({ predicateType: TEST_RESULT, predicate });

  it('takes one good statement, whatever else is there (Y4)', async () => {
    expect(await ask([result()])).toBeUndefined();
    const junk = { ...stored(), one: { kind: 'bundle', bytes: utf8('{}'), place: 'p' } as const };
    expect(await ask([junk, stored(), result()])).toBeUndefined();
  });

  it('takes neither another type, nor another signer, nor a statement about another object (Y3, Y4)', async () => {
    const none = /none counts$/;
    expect(await ask([])).toMatch(none);
    expect(await ask([stored()])).toMatch(none);
    expect(
      await ask([result()], '{type: test-result, refs: [refs/heads/main], by: [bob]}'),
    ).toMatch(/\(alice may not make such a statement\)$/);
    const moved = stored({
      predicateType: TEST_RESULT,
      predicate: PASSED,
      subject: [{ digest: { gitCommit: '2'.repeat(40) } }],
    });
    expect(await ask([moved])).toMatch(/\(the statement is about the commit 2{40}/);
  });

  it('takes no result that says no (Y5)', async () => {
    expect(await ask([result({ ...PASSED, result: 'FAILED' })])).toMatch(/does not say yes/);
    expect(await ask([result({ ...PASSED, result: 'FAILED' }), result()])).toBeUndefined();
  });
});
