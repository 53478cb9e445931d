import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { decide, governing } from '../../../src/core/policy/decide.ts';
import { oddities } from '../../../src/core/policy/lint.ts';
import type { IdentityPolicy, ObjectRule } from '../../../src/core/policy/model.ts';
import { coversPattern, matchesRef } from '../../../src/core/policy/patterns.ts';
import type { Signer } from '../../../src/core/verdict.ts';
import { parsePolicy } from '../../../src/gate/policy/file.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';

const issuer = 'https://accounts.example.test';
const T = 1_700_000_000;
const SIGNERS = `version: 1
signers:
  - {name: alice, identity: alice@example.test, issuer: ${issuer}}
  - {name: bob, identity: bob@example.test, issuer: ${issuer}}
`;
const policyOf = (rules: string): Promise<IdentityPolicy> =>
  parsePolicy(utf8(`${SIGNERS}${rules}`), 'p', nodeCrypto);
const signer = (name: string): Signer => ({
  kind: 'email',
  value: `${name}@example.test`,
  issuer,
  extensions: {},
});
const payload = utf8(
  `tree ${'1'.repeat(40)}\nauthor A <alice@example.test> ${T} +0000\ncommitter A <alice@example.test> ${T} +0000\n\nx\n`,
);
const allows = (policy: IdentityPolicy, name: string, ref?: string): boolean =>
  decide(policy, { signer: signer(name), times: [T] }, { type: 'commit', payload, ref }).allowed;
const labels = (rules: readonly ObjectRule[]): readonly string[] => rules.map(({ label }) => label);

/** Rules of which the second governs no ref at all. */
const UNREACHED: readonly (readonly [string, string])[] = [
  ['a rule without refs', 'commits: [{by: [bob]}, {by: [alice]}]'],
  [
    'a rule without refs, with refs behind it',
    'commits: [{by: [bob]}, {refs: [refs/heads/main], by: [alice]}]',
  ],
  [
    'the same ref',
    'commits: [{refs: [refs/heads/x], by: [bob]}, {refs: [refs/heads/x], by: [alice]}, {by: [bob]}]',
  ],
  [
    'a wider pattern',
    "commits: [{refs: ['refs/heads/*'], by: [bob]}, {refs: [refs/heads/x], by: [alice]}, {by: [bob]}]",
  ],
  [
    'two rules together',
    'commits: [{refs: [refs/heads/x], by: [bob]}, {refs: [refs/heads/y], by: [bob]}, {refs: [refs/heads/y, refs/heads/x], by: [alice]}, {by: [bob]}]',
  ],
  ['every ref written out', "commits: [{refs: ['refs/**'], by: [bob]}, {by: [alice]}]"],
];

describe('where the ref is not known', () => {
  it.each(UNREACHED)(
    'a rule that is never reached, behind %s, does not allow (P22)',
    async (_, text) => {
      const policy = await policyOf(text);
      expect(allows(policy, 'alice')).toBe(false);
      expect(allows(policy, 'bob')).toBe(true);
    },
  );
  it('the rule for signers whom no rule names does not allow behind one that takes every ref (P22)', async () => {
    expect(allows(await policyOf("commits: [{refs: ['refs/**'], by: [bob]}]"), 'alice')).toBe(
      false,
    );
    expect(allows(await policyOf("commits: [{refs: ['refs/heads/**'], by: [bob]}]"), 'alice')).toBe(
      true,
    );
  });
  it('one rule twice is one rule, also where it is the same object (P22)', async () => {
    const policy = await policyOf('commits: [{refs: [refs/heads/x], by: [alice]}, {by: [bob]}]');
    const [first, second] = policy.commits ?? [];
    const twice = { ...policy, commits: [first!, first!, second!] };
    expect([allows(twice, 'alice'), allows(policy, 'alice')]).toEqual([true, true]);
  });
  it('each rule that some ref reaches may allow, up to the first without refs', async () => {
    const policy = await policyOf(
      "commits: [{refs: [refs/heads/x], by: [alice]}, {refs: ['refs/heads/*'], by: [bob]}, {by: [bob]}]",
    );
    expect(labels(governing(policy, { type: 'commit' }, undefined))).toEqual([
      ...['commits[0]', 'commits[1]', 'commits[2]'],
    ]);
    expect(allows(policy, 'alice')).toBe(true);
    expect(allows(policy, 'alice', 'refs/heads/y')).toBe(false);
  });
  it.each(UNREACHED)(
    'policy check says of the rule behind %s that it is never reached',
    async (_, text) => {
      const policy = await policyOf(text);
      const found = oddities(policy, T).filter(({ what }) => what.startsWith('never reached'));
      const governed = labels(governing(policy, { type: 'commit' }, undefined));
      const all = labels(policy.commits ?? []);
      expect(found.map(({ where }) => where)).toEqual(
        all.filter((each) => !governed.includes(each)),
      );
      expect(found).not.toEqual([]);
    },
  );
});

describe('patterns', () => {
  const piece = fc.constantFrom('a', 'b', '/', '*', '**', 'refs/', '.', '\u{1f600}', '\x7f');
  const pattern = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
  const name = fc
    .array(fc.constantFrom('a', 'b', '/', 'ab', 'refs/', '.', '\n', '\u{1f600}', '*'), {
      maxLength: 9,
    })
    .map((pieces) => pieces.join(''));
  /** The same, as a regular expression: another hand's matcher. */
  const asExpression = (text: string): RegExp =>
    new RegExp(
      `^${text
        .split(/(\*\*?)/)
        .map((part) =>
          part === '**'
            ? '[^\\x00-\\x1f]*'
            : part === '*'
              ? '[^/\\x00-\\x1f]*'
              : part.replace(/[\\^$.|?+()[\]{}/-]/g, (special) => `\\${special}`),
        )
        .join('')}$`,
    );

  it('meet exactly what the regular expression of their stars meets', () => {
    fc.assert(
      fc.property(pattern, name, (wide, text) => {
        expect(matchesRef(wide, text)).toBe(asExpression(wide).test(text));
      }),
      { numRuns: 20_000, seed: 7 },
    );
  });
  it('that cover another meet every name that it meets (P22)', () => {
    fc.assert(
      fc.property(pattern, pattern, name, (wide, narrow, text) => {
        if (coversPattern(wide, narrow) && matchesRef(narrow, text)) {
          expect(matchesRef(wide, text)).toBe(true);
        }
      }),
      { numRuns: 50_000, seed: 7 },
    );
  });
  it.each([
    ['refs/**', 'refs/heads/*', true],
    ['refs/heads/*', 'refs/heads/**', false],
    ['refs/heads/*', 'refs/heads/a*b', true],
    ['refs/*/*', 'refs/heads/*', true],
    ['refs/heads/a*', 'refs/heads/*', false],
    ['**/x', 'refs/**/x', true],
    ['refs/**/x', '**/x', false],
  ])('%s takes every name of %s: %s', (wide, narrow, yes) => {
    expect(coversPattern(wide, narrow)).toBe(yes);
  });
  it('patterns with two thousand stars are compared in bounded steps (P23)', () => {
    const wide = `${'**a*'.repeat(500)}b`;
    const before = process.cpuUsage();
    for (const text of ['a'.repeat(4096), 'a/'.repeat(2048), 'ab/'.repeat(1365)]) {
      matchesRef(wide, `${text}c`);
    }
    const quick = process.cpuUsage(before);
    const again = process.cpuUsage();
    const text = `${'a'.repeat(4096)}c`;
    // an honest one: as many characters, compared one by one
    for (let i = 0; i < 3 * 2000; i += 1) matchesRef('**c', text);
    const honest = process.cpuUsage(again);
    expect(quick.user).toBeLessThan(3 * honest.user + 50_000);
  });
});
