import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { Tag } from '../../../src/core/cms/der.ts';
import type { IdentityRule } from '../../../src/core/verdict.ts';
import { encode } from '../../support/forge/der.ts';
import { type ExtensionSpec, ext, general, Oid, swap } from '../../support/forge/x509.ts';
import { codeOf, ISSUER, judge, type Overrides } from '../../support/forge.ts';

const with_ =
  (oid: string, ...by: readonly ExtensionSpec[]): NonNullable<Overrides['leaf']> =>
  (leaf) => ({ ...leaf, extensions: swap(leaf.extensions, oid, ...by) });
const names = (...list: readonly Uint8Array[]): Overrides => ({
  leaf: with_(Oid.san, ext.san(...list)),
});
/** The issuer extensions replaced. */
const issuers = (...list: readonly ExtensionSpec[]): Overrides => ({
  leaf: (leaf) => ({
    ...leaf,
    extensions: [
      ...leaf.extensions.filter(({ oid }) => oid !== Oid.issuerV1 && oid !== Oid.issuerV2),
      ...list,
    ],
  }),
});
const rule = (fields: Omit<IdentityRule, 'name'>) => ({
  policy: { source: 'test', digest: '00', rules: [{ name: 'rule', ...fields }] },
});

describe('the one identity (X09)', () => {
  const kinds: readonly [string, Uint8Array, string][] = [
    ['email', general.email('alice@forge.test'), 'alice@forge.test'],
    [
      'uri',
      general.uri('https://forge.test/w.yml@refs/heads/main'),
      'https://forge.test/w.yml@refs/heads/main',
    ],
    ['dns', general.dns('forge.test'), 'forge.test'],
    ['ip', general.ip(192, 0, 2, 7), '192.0.2.7'],
    ['otherName', general.otherName('alice!forge.test'), 'alice!forge.test'],
  ];
  it.each(kinds)('a name of kind %s is read (X09)', async (kind, name, value) => {
    expect(await judge(names(name))).toMatchObject({
      status: 'verified',
      signer: { kind, value, issuer: ISSUER },
    });
  });

  const alice = general.email('alice@forge.test');
  const ambiguous: readonly [string, Overrides][] = [
    ['no extension', { leaf: with_(Oid.san) }],
    ['an empty list', names()],
    ['two names', names(alice, general.email('bob@forge.test'))],
    ['the same name twice', names(alice, alice)],
    ['the same name as two kinds', names(alice, general.uri('alice@forge.test'))],
    ['an other-name beside an email', names(alice, general.otherName('alice!forge.test'))],
    ['an empty email', names(general.email(''))],
    ['an empty other-name', names(general.otherName(''))],
  ];
  it.each(ambiguous)('the alternative name is refused: %s (X09)', async (_, overrides) => {
    expect(await codeOf(overrides)).toBe('identity-ambiguous');
  });

  const malformed: readonly [string, Overrides][] = [
    ['a directory name', names(general.directory('alice'))],
    ['a directory name beside an email', names(alice, general.directory('alice'))],
    ['an other-name of another type', names(general.otherName('alice', '1.3.6.1.4.1.311.20.2.3'))],
    [
      'an other-name that is no UTF8String',
      names(general.otherName('alice', undefined, Tag.ia5String)),
    ],
    ['an email that is not UTF-8', names(encode(0x81, Uint8Array.of(0x61, 0xff)))],
    ['an extension that is no sequence', { leaf: with_(Oid.san, { ...ext.san(), value: alice }) }],
    [
      'bytes after the names',
      {
        leaf: with_(Oid.san, {
          ...ext.san(),
          value: Uint8Array.of(...encode(Tag.sequence, alice), 0),
        }),
      },
    ],
  ];
  it.each(malformed)('a malformed alternative name is refused: %s (X09)', async (_, overrides) => {
    expect(await codeOf(overrides)).toBe('certificate-malformed');
  });

  it.each([
    'Alice@forge.test',
    'alice@FORGE.test',
    'alice@forge.test ',
    'alice@forge.test\n',
    'alice@forge.test\0.evil.test',
    '\u0430lice@forge.test',
    'alice@xn--frge-6ra.test',
    'alice@forge.test.evil.test',
    'x+alice@forge.test',
  ])('%j is not alice@forge.test (X09)', async (other) => {
    const asked = rule({ identity: 'alice@forge.test', issuer: ISSUER });
    expect(await codeOf(names(general.email(other)), asked)).toBe('identity-not-allowed');
    expect(
      await codeOf(names(general.email(other)), rule({ identityPattern: 'alice@forge\\.test' })),
    ).toBe('identity-not-allowed');
  });

  it('the very name is accepted (X09)', async () => {
    const verdict = await judge({}, rule({ identity: 'alice@forge.test', issuer: ISSUER }));
    expect(verdict).toMatchObject({ status: 'verified', rule: 'rule' });
  });
});

describe('the issuer in two forms (X10)', () => {
  const other = 'https://accounts.evil.test';
  it('either form of the issuer is accepted alone, and both if they agree (X10)', async () => {
    for (const list of [
      [ext.issuerV1(ISSUER)],
      [ext.issuerV2(ISSUER)],
      [ext.issuerV2(ISSUER), ext.issuerV1(ISSUER)],
    ]) {
      expect(await judge(issuers(...list))).toMatchObject({
        status: 'verified',
        signer: { issuer: ISSUER },
      });
    }
  });

  const refused: readonly [string, ExtensionSpec[], string][] = [
    ['forms that disagree', [ext.issuerV1(other), ext.issuerV2(ISSUER)], 'identity-ambiguous'],
    [
      'forms that disagree by a slash',
      [ext.issuerV1(`${ISSUER}/`), ext.issuerV2(ISSUER)],
      'identity-ambiguous',
    ],
    ['an empty new form', [ext.issuerV1(ISSUER), ext.issuerV2('')], 'identity-ambiguous'],
    ['an empty old form alone', [ext.issuerV1('')], 'identity-ambiguous'],
    ['the new form twice', [ext.issuerV2(ISSUER), ext.issuerV2(other)], 'cms-malformed'],
    ['the old form twice, alike', [ext.issuerV1(ISSUER), ext.issuerV1(ISSUER)], 'cms-malformed'],
    [
      'the new form as raw text',
      [ext.issuerV1(ISSUER), { oid: Oid.issuerV2, value: utf8(ISSUER) }],
      'certificate-malformed',
    ],
    [
      'the new form as another string type',
      [{ oid: Oid.issuerV2, value: encode(Tag.ia5String, utf8(ISSUER)) }],
      'certificate-malformed',
    ],
    [
      'bytes after the new form',
      [{ oid: Oid.issuerV2, value: Uint8Array.of(...encode(Tag.utf8String, utf8(ISSUER)), 0) }],
      'certificate-malformed',
    ],
    [
      'a new form that is not UTF-8',
      [{ oid: Oid.issuerV2, value: encode(Tag.utf8String, Uint8Array.of(0xc0, 0xaf)) }],
      'certificate-malformed',
    ],
    [
      'an old form that is not UTF-8',
      [{ oid: Oid.issuerV1, value: Uint8Array.of(0xff) }],
      'certificate-malformed',
    ],
    [
      'an old form wrapped as a string',
      [{ oid: Oid.issuerV1, value: encode(Tag.utf8String, utf8(ISSUER)) }, ext.issuerV2(ISSUER)],
      'identity-ambiguous',
    ],
  ];
  it.each(refused)('the issuer extension is refused: %s (X10)', async (_, list, code) => {
    expect(await codeOf(issuers(...list))).toBe(code);
  });

  it('calls a certificate without either form foreign, and shows no identity (X10)', async () => {
    const verdict = await judge(issuers());
    expect(verdict).toMatchObject({ status: 'undecided', code: 'foreign-issuer' });
    expect(verdict).not.toHaveProperty('signer');
    expect(verdict).not.toHaveProperty('claimedSigner');
  });

  it('an extension whose arc only looks like the issuer’s is not taken for it (X10)', async () => {
    const neighbour = {
      oid: '1.3.6.1.4.1.57264.1.8.1',
      value: encode(Tag.utf8String, utf8(other)),
    };
    expect(await judge(issuers(ext.issuerV2(ISSUER), neighbour))).toMatchObject({
      status: 'verified',
      signer: { issuer: ISSUER },
    });
    expect(await codeOf(issuers(neighbour))).toBe('foreign-issuer');
  });
});

describe('every field of a rule is asked (X11)', () => {
  const repository = {
    oid: '1.3.6.1.4.1.57264.1.12',
    value: encode(Tag.utf8String, utf8('https://forge.test/acme/app')),
  };
  const leaf: Overrides['leaf'] = (base) => ({
    ...base,
    extensions: [...base.extensions, repository],
  });
  const met: Omit<IdentityRule, 'name'> = {
    identity: 'alice@forge.test',
    identityPattern: 'alice@.*',
    issuer: ISSUER,
    issuerPattern: 'https://.*',
    extensions: { 12: 'https://forge.test/acme/app' },
  };
  it('a signer is allowed if all extensions hold (X11)', async () => {
    expect(await codeOf({ leaf }, rule(met))).toBe('verified');
  });
  const unmet: readonly Omit<IdentityRule, 'name'>[] = [
    { identity: 'bob@forge.test' },
    { identityPattern: 'lice@forge\\.test' },
    { identityPattern: 'alice' },
    { issuer: `${ISSUER}/` },
    { issuerPattern: 'https://accounts' },
    { extensions: { 12: 'https://forge.test/acme' } },
    { extensions: { 13: 'https://forge.test/acme/app' } },
    { extensions: { ...met.extensions, 99: '' } },
    { extensions: { __proto__x: 'x' } },
    { extensions: { toString: 'x' } },
  ];
  it.each(unmet)('a signer is not allowed if %j is not met (X11)', async (field) => {
    expect(await codeOf({ leaf }, rule({ ...met, ...field }))).toBe('identity-not-allowed');
  });
  it('a policy without rules allows no signer (X11)', async () => {
    expect(await codeOf({}, { policy: { source: 'test', digest: '00', rules: [] } })).toBe(
      'identity-not-allowed',
    );
  });
});
