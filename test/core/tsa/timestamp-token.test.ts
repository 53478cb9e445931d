import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { contextConstructed, Tag } from '../../../src/core/cms/der.ts';
import type { Crypto } from '../../../src/core/crypto.ts';
import { createEvidenceCache } from '../../../src/core/evidence-cache.ts';
import {
  readTimestampInfo,
  responseFromToken,
  tokenFromResponse,
} from '../../../src/core/tsa/timestamp-info.ts';
import { readTimestampToken } from '../../../src/core/tsa/timestamp-token.ts';
import { Refusal } from '../../../src/core/verdict.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';
import { attribute, digest } from '../../support/forge/cms.ts';
import { encode, encodeOid } from '../../support/forge/der.ts';
import { key } from '../../support/forge/keys.ts';
import {
  type Authority,
  authority,
  type TokenSpec,
  token,
  tokenSpec,
} from '../../support/forge/tsa.ts';
import { type CertificateSpec, ext, extensions, Oid, swap } from '../../support/forge/x509.ts';
import {
  codeOf,
  date,
  forge,
  type Json,
  judge,
  type Overrides,
  T0,
  trustedChain,
  tsa,
  YEAR,
} from '../../support/forge.ts';

/** A v2 entry, which proves no time: everything hangs on the token. */
const stamped = (change: Partial<TokenSpec> = {}, more: Overrides = {}): Overrides => ({
  log: 'v2',
  tokens: [change],
  ...more,
});
/** A v1 entry, which proves a time of its own: a bad token must spoil it all the same (R10). */
const beside = (change: Partial<TokenSpec> = {}, more: Overrides = {}): Overrides => ({
  tokens: [change],
  ...more,
});

const trusting =
  (...authorities: readonly Json[]): Overrides['trust'] =>
  (root) => {
    root.timestampAuthorities = authorities;
  };
const listed = (one: Authority, validFor: Json = { start: date(T0 - YEAR) }): Json => ({
  ...trustedChain('tsa', one.leaf, one.root),
  validFor,
});
const bare = (one: Authority): Json => trustedChain('tsa', one.root);
const UNKNOWN = { oid: '1.3.6.1.4.1.57264.99.1', critical: true, value: encode(0x05) };

describe('tokens (R11)', () => {
  it('a token of the trusted authority is accepted, alone and beside a log time (R11)', async () => {
    expect(await judge(stamped())).toMatchObject({
      status: 'verified',
      times: [{ source: 'timestamp-authority', time: T0 }],
    });
    expect(await judge(beside())).toMatchObject({
      status: 'verified',
      times: [{ source: 'rekor' }, { source: 'timestamp-authority' }],
    });
  });

  const bad: readonly [string, Partial<TokenSpec>][] = [
    ['over another signature', { data: utf8('another') }],
    ['over nothing', { data: new Uint8Array() }],
    ['with an imprint by SHA-1', { imprintHash: 'sha1' }],
    ['with TSTInfo of version 2', { version: 2 }],
    ['with extensions in TSTInfo', { more: [encode(contextConstructed(1), encode(Tag.sequence))] }],
    ['with bytes after TSTInfo\u2019s fields', { more: [encode(Tag.utf8String)] }],
    ['that names another certificate', { named: utf8('another') }],
    [
      'whose TSTInfo was changed after signing',
      { info: (der) => Uint8Array.of(...der.subarray(0, -1), der.at(-1)! ^ 1) },
    ],
    ['whose time has a fraction with a final zero', { fraction: '.50' }],
    ['signed with SHA-1', { hash: 'sha1' }],
    ['about plain data', { message: (spec) => ({ ...spec, contentType: '1.2.840.113549.1.7.1' }) }],
    ['detached', { message: (spec) => ({ ...spec, content: undefined }) }],
    ['of version 5', { message: (spec) => ({ ...spec, version: 5 }) }],
    [
      'that embeds another certificate than its own',
      { message: (spec) => ({ ...spec, certificates: [tsa().root] }) },
    ],
    [
      'that names a signer who is not there',
      { message: (spec) => ({ ...spec, serial: Uint8Array.of(9) }) },
    ],
    [
      'without signed digest',
      { message: (spec) => ({ ...spec, signedAttributes: spec.signedAttributes.slice(0, 1) }) },
    ],
    [
      'whose signed content type is plain data',
      {
        message: (spec) => ({
          ...spec,
          signedAttributes: [
            attribute('1.2.840.113549.1.9.3', encodeOid('1.2.840.113549.1.7.1')),
            ...spec.signedAttributes.slice(1),
          ],
        }),
      },
    ],
    ['signed by another key', { message: (spec) => ({ ...spec, key: key('stranger') }) }],
    ['whose signature is empty', { message: (spec) => ({ ...spec, signature: new Uint8Array() }) }],
  ];
  it.each(bad)('a token %s is refused (R11)', async (_, change) => {
    expect(await codeOf(stamped(change))).toBe('timestamp-invalid');
    expect(await codeOf(beside(change))).toBe('timestamp-invalid');
  });

  const good: readonly [string, Partial<TokenSpec>][] = [
    ['an imprint by SHA-384', { imprintHash: 'sha384' }],
    ['an imprint by SHA-512', { imprintHash: 'sha512' }],
    ['SHA-512 throughout', { imprintHash: 'sha512', hash: 'sha512' }],
    ['no nonce', { nonce: undefined }],
    ['a time with a fraction', { fraction: '.5' }],
    [
      'no name for its certificate',
      { message: (spec) => ({ ...spec, signedAttributes: spec.signedAttributes.slice(0, 2) }) },
    ],
    [
      'its chain in the bag',
      { message: (spec) => ({ ...spec, certificates: [tsa().root, ...spec.certificates] }) },
    ],
  ];
  it.each(good)('a token with %s is accepted (R11)', async (_, change) => {
    expect(await codeOf(stamped(change))).toBe('verified');
  });

  it('an imprint of the right hash under the wrong name is refused (R11)', async () => {
    // SHA-256 octets called SHA-512: the lengths differ, and so do the hashes
    const info = (der: Uint8Array): Uint8Array => der;
    expect(await codeOf(stamped({ info, imprintHash: 'sha512', data: utf8('x') }))).toBe(
      'timestamp-invalid',
    );
  });
});

describe('authorities (R11)', () => {
  const a = authority('a', T0);
  const b = authority('b', T0);

  it('the certificate of a known authority is not verified again, and its token and its dates are (R11)', async () => {
    const dates = { start: date(T0 - YEAR), end: date(T0) };
    const { trust } = forge({ trust: trusting(listed(a, dates)) }).context;
    let calls = 0;
    const crypto: Crypto = {
      hash: nodeCrypto.hash,
      verify: (...question) => {
        calls += 1;
        return nodeCrypto.verify(...question);
      },
    };
    const asked = async (token: Partial<TokenSpec>): Promise<readonly [string, number]> => {
      calls = 0;
      const code = await codeOf(stamped({ authority: a, ...token }), {
        crypto,
        trust,
        cache: createEvidenceCache(),
      });
      return [code, calls];
    };
    const [first, whole] = await asked({});
    const [second, rest] = await asked({});
    expect([first, second]).toEqual(['verified', 'verified']);
    // not again: the intermediate by Fulcio's root, and the authority by its own root
    expect(whole - rest).toBe(2);
    const changed = (der: Uint8Array) => Uint8Array.of(...der.subarray(0, -1), der.at(-1)! ^ 1);
    expect((await asked({ info: changed }))[0]).toBe('timestamp-invalid');
    expect((await asked({ authority: b }))[0]).toBe('timestamp-untrusted');
    expect((await asked({ time: T0 + 1 }))[0]).toBe('timestamp-untrusted');
  });

  it('a token of an untrusted authority is refused, even if it embeds the certificate (R11)', async () => {
    const embedded = {
      authority: b,
      message: (spec: Parameters<TokenSpec['message']>[0]) => ({
        ...spec,
        certificates: [b.root, b.leaf],
      }),
    };
    expect(await codeOf(stamped(embedded, { trust: trusting(listed(a)) }))).toBe(
      'timestamp-untrusted',
    );
    expect(await codeOf(beside(embedded, { trust: trusting(listed(a)) }))).toBe(
      'timestamp-untrusted',
    );
    expect(await codeOf(stamped({ authority: a }, { trust: trusting() }))).toBe(
      'timestamp-untrusted',
    );
    expect(await codeOf(stamped({ authority: a }, { trust: trusting(listed(a)) }))).toBe(
      'verified',
    );
  });

  it('a stranger with the names and numbers of a trusted authority is refused (R11)', async () => {
    const own = key('tsa impostor');
    const impostor = authority('a', T0, (leaf) => ({ ...leaf, key: own, signer: own }));
    expect(await codeOf(stamped({ authority: impostor }, { trust: trusting(listed(a)) }))).toBe(
      'timestamp-untrusted',
    );
    expect(await codeOf(stamped({ authority: impostor }, { trust: trusting(bare(a)) }))).toBe(
      'timestamp-untrusted',
    );
  });

  it('A’s token is judged by A’s dates, not by B’s (TOB-SIGSTORE-11) (R11)', async () => {
    const expired = { start: date(T0 - YEAR), end: date(T0 - 1) };
    const both = (first: Json, second: Json): Overrides['trust'] =>
      trusting(listed(a, first), listed(b, second));
    const open = { start: date(T0 - YEAR) };
    expect(await codeOf(stamped({ authority: a }, { trust: both(expired, open) }))).toBe(
      'timestamp-untrusted',
    );
    expect(await codeOf(stamped({ authority: b }, { trust: both(expired, open) }))).toBe(
      'verified',
    );
    expect(await codeOf(stamped({ authority: a }, { trust: both(open, expired) }))).toBe(
      'verified',
    );
    expect(await codeOf(stamped({ authority: b }, { trust: both(open, expired) }))).toBe(
      'timestamp-untrusted',
    );
  });

  it('the dates of an authority are inclusive, to the second (R11)', async () => {
    const at = async (validFor: Json): Promise<string> =>
      codeOf(stamped({ authority: a }, { trust: trusting(listed(a, validFor)) }));
    expect(await at({ start: date(T0), end: date(T0) })).toBe('verified');
    expect(await at({ start: date(T0 + 1) })).toBe('timestamp-untrusted');
    expect(await at({ start: date(0), end: date(T0 - 1) })).toBe('timestamp-untrusted');
  });

  it('the authority\u2019s certificate must hold at its own time, to the second (R11)', async () => {
    const at = async (notBefore: number, notAfter: number): Promise<string> => {
      const one = authority('dated', T0, (leaf) => ({ ...leaf, notBefore, notAfter }));
      return codeOf(stamped({ authority: one }, { trust: trusting(listed(one)) }));
    };
    expect(await at(T0, T0)).toBe('verified');
    expect(await at(T0 + 1, T0 + 9)).toBe('timestamp-untrusted');
    expect(await at(T0 - 9, T0 - 1)).toBe('timestamp-untrusted');
  });

  const certificates: readonly [string, (spec: CertificateSpec) => CertificateSpec][] = [
    ['for code signing', extensions(Oid.eku, ext.eku([Oid.codeSigning], true))],
    ['for timestamps, not critically', extensions(Oid.eku, ext.eku([Oid.timeStamping], false))],
    [
      'for timestamps and more',
      extensions(Oid.eku, ext.eku([Oid.timeStamping, Oid.codeSigning], true)),
    ],
    ['for anything', extensions(Oid.eku, ext.eku([Oid.anyUsage], true))],
    ['without extended key usage', extensions(Oid.eku)],
    ['without key usage', extensions(Oid.keyUsage)],
    ['whose key may not sign', extensions(Oid.keyUsage, ext.keyUsage(0x06))],
    ['of a CA', extensions(Oid.basicConstraints, ext.constraints(true))],
    ['with an unknown critical extension', extensions(UNKNOWN.oid, UNKNOWN)],
  ];
  it.each(certificates)('a token by a certificate %s is refused (R11)', async (_, change) => {
    const one = authority('odd', T0, change);
    expect(await codeOf(stamped({ authority: one }, { trust: trusting(bare(one)) }))).toBe(
      'timestamp-invalid',
    );
    expect(await codeOf(stamped({ authority: one }, { trust: trusting(listed(one)) }))).toBe(
      'timestamp-invalid',
    );
  });

  it('the signer\u2019s own certificate is no authority for times (R11)', async () => {
    const { chain, leafSpec, leaf } = forge();
    const signer: Authority = { root: chain[1]!, leaf, leafSpec, key: leafSpec.key };
    expect(
      await codeOf(
        stamped(
          { authority: signer },
          {
            trust: (root) => {
              root.timestampAuthorities = root.certificateAuthorities;
            },
          },
        ),
      ),
    ).toBe('timestamp-invalid');
  });

  it('if the trust root lists a TSA’s certificate, only that one counts (R11)', async () => {
    const sibling = authority('a', T0, (leaf) => ({
      ...leaf,
      serial: Uint8Array.of(0x2b),
      key: key('sibling'),
      extensions: swap(leaf.extensions, Oid.ski, ext.ski(key('sibling'))),
    }));
    expect(await codeOf(stamped({ authority: sibling }, { trust: trusting(listed(a)) }))).toBe(
      'timestamp-untrusted',
    );
    // if it lists only the CA, every TSA of that CA counts
    expect(await codeOf(stamped({ authority: sibling }, { trust: trusting(bare(a)) }))).toBe(
      'verified',
    );
    expect(await codeOf(stamped({ authority: a }, { trust: trusting(bare(a)) }))).toBe('verified');
    expect(
      await codeOf(stamped({ authority: sibling }, { trust: trusting(listed(sibling)) })),
    ).toBe('verified');
  });

  it('a lone listed certificate that is no CA vouches for nothing but as a listed TSA under its CA (R11)', async () => {
    expect(
      await codeOf(stamped({ authority: a }, { trust: trusting(trustedChain('tsa', a.leaf)) })),
    ).toBe('timestamp-untrusted');
  });
});

describe('all times count (R10)', () => {
  const inside = T0;
  const outside = T0 + 596;
  it.each([
    [inside, inside, 'verified'],
    [inside, outside, 'certificate-expired-at-signing'],
    [outside, inside, 'certificate-expired-at-signing'],
    [inside, T0 - 6, 'certificate-expired-at-signing'],
    [inside, T0 - 5, 'verified'],
    [inside, T0 + 595, 'verified'],
  ])('with log time %i and token time %i the signature is %s (R10)', async (time, at, code) => {
    expect(await codeOf({ time, tokens: [{ time: at }] })).toBe(code);
  });

  it('two tokens are refused, good or not (R10)', async () => {
    expect(await codeOf({ tokens: [{}, { time: T0 + 1 }] })).toBe('cms-malformed');
    expect(await codeOf({ tokens: [{}, { data: utf8('x') }] })).toBe('cms-malformed');
    expect(await codeOf({ tokens: Array.from({ length: 40 }, (_, i) => ({ time: T0 + i })) })).toBe(
      'cms-malformed',
    );
  });

  it('a token in the future spoils a good log time (R10)', async () => {
    const tokens = [{ time: T0 + 301 }];
    expect(await codeOf({ tokens }, { now: T0 })).toBe('time-in-future');
    expect(await codeOf({ tokens }, { now: T0 + 1 })).toBe('verified');
  });
});

describe('a token without certificates', () => {
  const one = authority('unembedded', T0);
  const other = authority('elsewhere', T0);
  type Message = Parameters<TokenSpec['message']>[0];
  const bareToken = (change: (spec: Message) => Message = (spec) => spec): Partial<TokenSpec> => ({
    authority: one,
    message: (spec) => change({ ...spec, withoutBag: true }),
  });
  const under = (...authorities: readonly Json[]): Overrides => ({
    trust: trusting(...authorities),
  });
  const listing = under(listed(other), listed(one));
  /** The message with these attributes behind content type and digest. */
  const naming =
    (...attributes: readonly Uint8Array[]) =>
    (spec: Message): Message => ({
      ...spec,
      signedAttributes: [...spec.signedAttributes.slice(0, 2), ...attributes],
    });
  const essCertId = (der: Uint8Array): Uint8Array =>
    attribute(
      '1.2.840.113549.1.9.16.2.12',
      encode(
        Tag.sequence,
        encode(Tag.sequence, encode(Tag.sequence, encode(Tag.octetString, digest('sha1', der)))),
      ),
    );

  it('a token without a certificate finds its signer in the trust root (R20)', async () => {
    expect(await judge(stamped(bareToken(), listing))).toMatchObject({
      status: 'verified',
      times: [{ authority: Buffer.from(digest('sha256', one.leaf)).toString('hex') }],
    });
    expect(await codeOf(beside(bareToken(), listing))).toBe('verified');
    const empty = { authority: one, message: (spec: Message) => ({ ...spec, certificates: [] }) };
    expect(await codeOf(stamped(empty, listing))).toBe('verified');
    // the same certificate listed twice is one
    expect(await codeOf(stamped(bareToken(), under(listed(one), listed(one))))).toBe('verified');
  });

  it('a token is refused if no authority is its signer, or only its CA is known (R20)', async () => {
    for (const authorities of [[], [listed(other)], [bare(one)]]) {
      expect(await codeOf(stamped(bareToken(), under(...authorities)))).toBe('timestamp-untrusted');
      expect(await codeOf(beside(bareToken(), under(...authorities)))).toBe('timestamp-untrusted');
    }
  });

  it('a token is refused if issuer and serial number fit two authorities (R20)', async () => {
    const twin = authority('unembedded', T0, (leaf) => ({ ...leaf, notAfter: leaf.notAfter + 1 }));
    expect(await codeOf(stamped(bareToken(), under(listed(one), listed(twin))))).toBe(
      'timestamp-untrusted',
    );
  });

  it('a token must name its certificate, by SHA-1 (ESSCertID) or by SHA-2 (ESSCertIDv2) (R20)', async () => {
    const cases: readonly [string, (spec: Message) => Message][] = [
      ['timestamp-invalid', naming()],
      ['timestamp-invalid', naming(essCertId(other.leaf))],
      ['verified', naming(essCertId(one.leaf))],
      ['verified', (spec) => naming(spec.signedAttributes[2]!, essCertId(one.leaf))(spec)],
      [
        'timestamp-invalid',
        (spec) => naming(spec.signedAttributes[2]!, essCertId(other.leaf))(spec),
      ],
    ];
    for (const [code, change] of cases)
      expect(await codeOf(stamped(bareToken(change), listing))).toBe(code);
    expect(await codeOf(stamped({ ...bareToken(), named: other.leaf }, listing))).toBe(
      'timestamp-invalid',
    );
  });

  it('a token by another signer, or outside the authority\u2019s dates, is refused (R20)', async () => {
    const forgedToken = bareToken((spec) => ({ ...spec, key: key('stranger') }));
    expect(await codeOf(stamped(forgedToken, listing))).toBe('timestamp-invalid');
    const past = { start: date(T0 - YEAR), end: date(T0 - 1) };
    expect(await codeOf(stamped(bareToken(), under(listed(one, past))))).toBe(
      'timestamp-untrusted',
    );
  });

  it('a token that names the CA as its signer is refused (R20)', async () => {
    const rootKey = key('unembedded root');
    const byCa = bareToken((spec) => ({ ...spec, key: rootKey, serial: Uint8Array.of(1) }));
    expect(await codeOf(stamped({ ...byCa, named: one.root }, listing))).toBe('timestamp-invalid');
  });

  it('a token that embeds the wrong certificate stays refused (R20)', async () => {
    const message = (spec: Message): Message => ({ ...spec, certificates: [other.leaf] });
    expect(await codeOf(stamped({ authority: one, message }, listing))).toBe('timestamp-invalid');
  });
});

describe('responses', () => {
  const made = token(tokenSpec({ authority: tsa(), time: T0, data: utf8('data') }));
  const codes = (act: () => unknown): string => {
    try {
      act();
      return 'read';
    } catch (error) {
      return error instanceof Refusal ? error.code : (error as Error).name;
    }
  };
  const response = (status: number, ...rest: readonly Uint8Array[]): Uint8Array =>
    encode(Tag.sequence, encode(Tag.sequence, encode(Tag.integer, Uint8Array.of(status))), ...rest);

  it('a token is taken out of a granted answer only (R11)', () => {
    for (const status of [0, 1])
      expect(Buffer.from(tokenFromResponse(response(status, made)))).toEqual(Buffer.from(made));
    for (const status of [2, 3, 4, 5, 0x7f, 0xff])
      expect(codes(() => tokenFromResponse(response(status, made)))).toMatch(
        /timestamp-invalid|DerError/,
      );
    expect(codes(() => tokenFromResponse(response(0)))).toBe('DerError');
    expect(codes(() => tokenFromResponse(response(0, made, made)))).toBe('DerError');
    expect(codes(() => tokenFromResponse(made))).not.toBe('read');
  });

  it('wraps a token as a granted answer and back', () => {
    expect(Buffer.from(tokenFromResponse(responseFromToken(made)))).toEqual(Buffer.from(made));
    expect(responseFromToken(made)).toEqual(new Uint8Array(response(0, made)));
  });

  it('only DER is read, whatever the nesting (I07)', () => {
    const deep = Array.from({ length: 5000 }).reduce<Uint8Array>(
      (inner) => encode(Tag.sequence, inner),
      new Uint8Array(),
    );
    expect(codes(() => readTimestampToken(deep))).toBe('timestamp-invalid');
    expect(codes(() => readTimestampInfo(deep))).toBe('DerError');
    expect(codes(() => readTimestampToken(made.subarray(0, -1)))).toBe('timestamp-invalid');
  });
});
