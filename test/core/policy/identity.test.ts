import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/core/policy/decide.ts';
import { anchoredPattern } from '../../../src/core/policy/patterns.ts';
import type { IdentityRule, Signer } from '../../../src/core/verdict.ts';

const issuer = 'https://accounts.example.test';
const alice: Signer = {
  kind: 'email',
  value: 'alice@example.test',
  issuer,
  extensions: { '5': 'acme/app' },
};
const allows = (rule: Partial<IdentityRule>, signer = alice): boolean =>
  decide(
    { source: 'test', digest: '', rules: [{ name: 'r', ...rule }] },
    { signer, times: [] },
    { type: undefined, payload: new Uint8Array() },
  ).allowed;

describe('exact rules', () => {
  const rule = { identity: alice.value, issuer };
  it('a rule allows the signer that it names', () => expect(allows(rule)).toBe(true));

  it.each([
    'Alice@example.test',
    'alice@example.test.',
    'alice@example.test ',
    ' alice@example.test',
    'alice+x@example.test',
    'alice@example.test\n',
    '\nalice@example.test',
    'a\u0301lice@example.test',
    'аlice@example.test',
    'alice@exampleXtest',
    'malice@example.test',
    'alice@example.test.evil.test',
    '',
  ])('the look-alike %j is refused (P02, P12)', (value) => {
    expect(allows(rule, { ...alice, value })).toBe(false);
  });

  it.each([`${issuer}/`, issuer.toUpperCase(), 'http://accounts.example.test', '', `${issuer}\n`])(
    'the same name from another issuer is refused: %j (P03)',
    (other) => expect(allows(rule, { ...alice, issuer: other })).toBe(false),
  );
});

describe('a rule without identity or issuer allows no signer (P03)', () => {
  it.each<Partial<IdentityRule>>([
    {},
    { identity: alice.value },
    { identity: alice.value, issuer: '' },
    { issuer },
    { identity: '', issuer },
    { identityPattern: '.*' },
    { extensions: { '5': 'acme/app' } },
  ])('%j', (rule) => expect(allows(rule)).toBe(false));
});

describe('patterns', () => {
  const pattern = (identityPattern: string, signer = alice) =>
    allows({ identityPattern, issuer }, signer);
  it('match the whole', () => {
    expect(pattern('[a-z]+@example\\.test')).toBe(true);
    expect(pattern('^alice@example\\.test$')).toBe(true);
    expect(pattern('bob@x|alice@example\\.test')).toBe(true);
  });

  it.each([
    ['a suffix', 'alice@example\\.test', 'alice@example.test.evil.test'],
    ['a prefix', 'alice@example\\.test', 'malice@example.test'],
    ['a line after', 'alice@example\\.test', 'alice@example.test\nx'],
    ['a line before', 'alice@example\\.test', 'x\nalice@example.test'],
    ['an alternative', 'bob|alice@example\\.test', 'bob@evil.test'],
  ])('%s does not get through (P02)', (_name, text, value) => {
    expect(pattern(text, { ...alice, value })).toBe(false);
  });

  it('a pattern that closes its own anchors is refused (P02)', () => {
    expect(() => anchoredPattern('a)|(?:.*')).toThrow(SyntaxError);
  });

  it('an absurdly long value is not matched against a pattern (I05)', () => {
    expect(pattern('.*', { ...alice, value: 'a'.repeat(5000) })).toBe(false);
  });

  it('both value and pattern must match when both are there', () => {
    const both = { identity: alice.value, identityPattern: 'bob.*', issuer };
    expect(allows(both)).toBe(false);
    expect(allows({ ...both, identityPattern: 'alice.*' })).toBe(true);
  });
});

describe('workflow extensions', () => {
  const rule = { identity: alice.value, issuer, extensions: { '5': 'acme/app' } };
  it('a workflow condition is compared exactly', () => expect(allows(rule)).toBe(true));
  it.each([{}, { '5': 'acme/app2' }, { '5': 'ACME/app' }, { '6': 'acme/app' }])(
    'a workflow with %j is refused (P09)',
    (extensions) => {
      expect(allows(rule, { ...alice, extensions: extensions as Record<string, string> })).toBe(
        false,
      );
    },
  );
  it('workflow conditions are not looked up in the prototype (I05)', () => {
    const odd = { ...rule, extensions: { toString: String(Object.prototype.toString) } };
    expect(allows(odd)).toBe(false);
  });
});

it('a policy without rules allows no signer (P05)', () => {
  const nobody = { source: 's', digest: '', rules: [] };
  const nothing = { type: undefined, payload: new Uint8Array() };
  expect(decide(nobody, { signer: alice, times: [] }, nothing).allowed).toBe(false);
});
