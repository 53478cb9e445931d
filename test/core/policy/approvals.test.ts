import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import {
  type Approval,
  approvalIn,
  approvalStatement,
  isAuthor,
  isWantedRef,
} from '../../../src/core/policy/approvals.ts';
import { oddities } from '../../../src/core/policy/lint.ts';
import type { Signer } from '../../../src/core/verdict.ts';
import { parsePolicy } from '../../../src/gate/policy/file.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';

const ID = 'a'.repeat(40);
const TREE = 'b'.repeat(40);
const BASE = 'c'.repeat(40);
const MAIN = 'refs/heads/main';

describe('what an approval says', () => {
  const whole: Approval = {
    commit: ID,
    tree: TREE,
    ref: MAIN,
    base: BASE,
    repository: 'git+https://h/p',
  };

  it.each<Approval>([
    whole,
    { commit: ID, tree: TREE, ref: MAIN },
    { commit: ID, tree: TREE, ref: 'refs/tags/v1' },
    { commit: ID, tree: TREE, tag: BASE, ref: 'refs/tags/v1' },
  ])('an approval is read as it was written: %j', (approval) => {
    expect(approvalIn(approvalStatement(approval))).toEqual(approval);
  });

  const { subjects, predicateType, predicate } = approvalStatement(whole);
  const commit = { type: 'commit', id: ID } as const;
  const tree = { type: 'tree', id: TREE } as const;
  const tag = { type: 'tag', id: BASE } as const;
  it.each([
    ['another type of predicate', { predicateType: 'urn:other:v1' }],
    ['two commits', { subjects: [commit, commit, tree] }],
    ['two trees', { subjects: [commit, tree, tree] }],
    ['no tree', { subjects: [commit] }],
    ['no commit', { subjects: [tree] }],
    ['a tag for a branch', { subjects: [commit, tree, tag] }],
    ['no base', { predicate: { ref: MAIN } }],
    ['a short base', { predicate: { ref: MAIN, base: 'abc' } }],
    ['a base of another format', { predicate: { ref: MAIN, base: 'c'.repeat(64) } }],
    ['a base for a tag', { predicate: { ref: 'refs/tags/v1', base: BASE } }],
    ['a pattern as ref', { predicate: { ref: 'refs/heads/*', base: BASE } }],
    ['a short ref', { predicate: { ref: 'main', base: BASE } }],
    ['an empty repository', { predicate: { ref: MAIN, base: BASE, repository: '' } }],
    ['an unknown field', { predicate: { ref: MAIN, base: BASE, note: 'x' } }],
  ])('a statement with %s is no approval (B12)', (_what, change) => {
    expect(approvalIn({ subjects, predicateType, predicate, ...change })).toBeUndefined();
  });
});

describe('the ref that an approval must name (B3)', () => {
  const approvals = { count: 1, notAuthor: false };
  it.each([
    ['the judged ref', { approvals }, MAIN, MAIN, true],
    ['another ref', { approvals }, 'refs/heads/dev', MAIN, false],
    ['the ref of for', { approvals: { ...approvals, for: MAIN } }, MAIN, 'refs/heads/dev', true],
    [
      'the judged ref beside for',
      { approvals: { ...approvals, for: MAIN } },
      'refs/heads/dev',
      'refs/heads/dev',
      false,
    ],
    [
      'a ref that the rule fits, if none is known',
      { on: ['refs/heads/*'], approvals },
      MAIN,
      undefined,
      true,
    ],
    [
      'a ref that it does not fit',
      { on: ['refs/heads/*'], approvals },
      'refs/heads/a/b',
      undefined,
      false,
    ],
    ['a tag, if no ref is known', { approvals }, 'refs/tags/v1', undefined, false],
  ])('%s: %#', (_what, rule, ref, judged, wanted) => {
    expect(isWantedRef(rule, ref, judged)).toBe(wanted);
  });
});

describe('who is an author (B9)', () => {
  const person = (value: string): Signer => ({ kind: 'email', value, issuer: 'i', extensions: {} });
  const policy = parsePolicy(
    utf8(`version: 1
signers:
  - {name: alice, identity: alice@x.test, issuer: i, committers: [al@home.test]}
  - {name: alice, identity: alice@y.test, issuer: i}
  - {name: staff, identity-pattern: '[a-z]+@corp\\.test', issuer: i}
`),
    'p',
    nodeCrypto,
  );
  const none = { signers: [], names: [], addresses: [] };
  it.each([
    ['the same account signed', { signers: [person('alice@x.test')] }, true],
    ['another account of the name signed', { signers: [person('alice@y.test')] }, true],
    ['a key of the name signed', { names: ['alice'] }, true],
    ['the address is in committers, in other letters', { addresses: ['Al@Home.test'] }, true],
    ['the address is that of another account', { addresses: ['alice@y.test'] }, true],
    ['a stranger wrote it', { addresses: ['x@x.test'], signers: [person('x@x.test')] }, false],
    ['a person of the pattern wrote it', { addresses: ['bob@corp.test'] }, false],
  ])('alice is an author if %s: %#', async (_what, authors, expected) => {
    const asked = { ...none, ...authors };
    expect(isAuthor(await policy, 'alice', person('alice@x.test'), asked)).toBe(expected);
  });

  it('every person of a pattern is the same person', async () => {
    const wrote = { ...none, addresses: ['Bob@corp.test'] };
    expect(isAuthor(await policy, 'staff', person('carol@corp.test'), wrote)).toBe(true);
  });
});

describe('odd approvals', () => {
  const odd = async (rule: string): Promise<readonly string[]> => {
    const text = `version: 1
sequence: 1
changes: [alice]
signers:
  - {name: alice, identity: alice@x.test, issuer: i}
  - {name: bob, identity: bob@x.test, issuer: i}
  - {name: web, preset: github-web-flow}
commits: [${rule}]
`;
    const policy = await parsePolicy(utf8(text), 'p', nodeCrypto);
    return oddities(policy, 0).map(({ what }) => what);
  };
  it.each([
    ['{approvals: {count: 1, not: author}}', []],
    ['{approvals: {count: 3, not: author}}', ['approvals: 3, but 2 may approve']],
    ['{approvals: {count: 1, by: [web], not: author}}', ['approvals: 1, but 0 may approve']],
    ['{approvals: {count: 1}}', ['approvals without not: author, so an author may approve alone']],
    [
      '{by: [alice, web], approvals: {count: 1, by: [alice], not: author}}',
      [
        'approvals: 1, but too few others may approve what is signed by alice',
        'no rule lets this signer sign anything',
      ],
    ],
  ])('policy check says of %s what its author may not expect', async (rule, expected) => {
    expect(await odd(rule)).toEqual(expected);
  });
});
