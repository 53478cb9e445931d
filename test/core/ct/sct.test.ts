import { describe, expect, it } from 'vitest';
import { precertificateTbs, readSctList } from '../../../src/core/ct/sct.ts';
import { readCertificate } from '../../../src/core/x509/certificate.ts';
import { key } from '../../support/forge/keys.ts';
import { logIdOf } from '../../support/forge/log.ts';
import { type SctSpec, sctList } from '../../support/forge/sct.ts';
import { ext, general, Oid, swap, toBeSigned } from '../../support/forge/x509.ts';
import { codeOf, date, forge, judge, type Overrides, T0 } from '../../support/forge.ts';

const one =
  (change: Partial<SctSpec>): Overrides['scts'] =>
  (base) => [{ ...base, ...change }];
const stranger = key('stranger ct');
const SECOND = 1000;

describe('signed certificate timestamps (X08)', () => {
  const matrix: readonly [string, Overrides, string][] = [
    ['none', { scts: () => [] }, 'sct-missing'],
    ['an empty list', { sctExtension: () => sctList([]) }, 'sct-missing'],
    [
      'a bad signature',
      { scts: one({ tamper: (bytes) => bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1) }) },
      'sct-invalid',
    ],
    ['a cut signature', { scts: one({ tamper: (bytes) => bytes.subarray(0, -1) }) }, 'sct-invalid'],
    ['an empty signature', { scts: one({ tamper: () => new Uint8Array() }) }, 'sct-invalid'],
    [
      'bytes after the signature value',
      { scts: one({ tamper: (bytes) => Uint8Array.of(...bytes, 0) }) },
      'sct-invalid',
    ],
    [
      'an unknown log',
      { scts: one({ key: stranger, logId: logIdOf(stranger, '') }) },
      'sct-invalid',
    ],
    ['a stranger under a trusted log\u2019s id', { scts: one({ key: stranger }) }, 'sct-invalid'],
    ['another issuer\u2019s key hash', { scts: one({ issuerSpki: stranger.spki }) }, 'sct-invalid'],
    ['a future version', { scts: one({ version: 1 }) }, 'sct-invalid'],
    ['another hash algorithm', { scts: one({ algorithms: [2, 3] }) }, 'sct-invalid'],
    ['another signature algorithm', { scts: one({ algorithms: [4, 1] }) }, 'sct-invalid'],
    [
      'a good one and a bad one',
      { scts: (base) => [base, { ...base, key: stranger }] },
      'sct-invalid',
    ],
    [
      'a bad one and a good one',
      { scts: (base) => [{ ...base, key: stranger }, base] },
      'sct-invalid',
    ],
    ['too many', { scts: (base) => Array.from({ length: 17 }, () => base) }, 'sct-invalid'],
  ];
  it.each(matrix)('the SCT list is refused: %s (X08)', async (_, overrides, code) => {
    expect(await codeOf(overrides)).toBe(code);
  });

  const good: readonly [string, Overrides][] = [
    ['one', {}],
    ['one with extensions', { scts: one({ extensions: Uint8Array.of(1, 2, 3) }) }],
    [
      'a good one and an unknown log\u2019s',
      { scts: (base) => [{ ...base, key: stranger, logId: logIdOf(stranger, '') }, base] },
    ],
  ];
  it.each(good)('the SCT list is accepted: %s (X08)', async (_, overrides) => {
    expect(await codeOf(overrides)).toBe('verified');
  });

  it('two SCTs of one log count once, and one is enough (X08)', async () => {
    expect(await codeOf({ scts: (base) => [base, base] })).toBe('verified');
    expect(
      await codeOf({
        scts: (base) => [base, base],
        trust: (root) => {
          root.ctlogs = [];
        },
      }),
    ).toBe('no-trust-material');
  });

  it('an SCT with changed extensions is refused (X08)', async () => {
    const sctExtension: Overrides['sctExtension'] = (list) => {
      const at = list.value.length - 1;
      return { ...list, value: list.value.with(at, list.value[at]! ^ 1) };
    };
    expect(await codeOf({ sctExtension })).toBe('sct-invalid');
  });

  it('an SCT of another certificate of the same signer is refused (X08)', async () => {
    const scts: Overrides['scts'] = (base) => [base];
    const other = forge({ leaf: (leaf) => ({ ...leaf, serial: Uint8Array.of(0x33) }), scts });
    const list = other.leafSpec.extensions.find(({ oid }) => oid === Oid.sctList)!;
    expect(await codeOf({ sctExtension: () => list })).toBe('sct-invalid');
    expect(
      await codeOf({
        leaf: (leaf) => ({ ...leaf, serial: Uint8Array.of(0x33) }),
        sctExtension: () => list,
      }),
    ).toBe('verified');
  });

  const truncated: readonly [string, (bytes: Uint8Array) => Uint8Array][] = [
    ['a truncated list', (bytes) => Uint8Array.of(4, bytes[1]! - 1, ...bytes.subarray(2, -1))],
    ['a list longer than its content', (bytes) => bytes.with(3, bytes[3]! + 1)],
    ['bytes after the list', (bytes) => Uint8Array.of(4, bytes[1]! + 1, ...bytes.subarray(2), 0)],
    ['no TLS list at all', () => Uint8Array.of(4, 1, 0)],
    ['no octet string', (bytes) => bytes.with(0, 0x30)],
  ];
  it.each(truncated)('a malformed list of SCTs is refused: %s (X08)', async (_, change) => {
    expect(await codeOf({ sctExtension: (list) => ({ ...list, value: change(list.value) }) })).toBe(
      'sct-invalid',
    );
  });

  it.each([
    [{ start: date(T0 - 5) }, 'verified'],
    [{ start: date(T0 - 4) }, 'sct-invalid'],
    [{ start: date(0), end: date(T0 - 5) }, 'verified'],
    [{ start: date(0), end: date(T0 - 6) }, 'sct-invalid'],
  ])('the CT log\u2019s dates %o, to the second: %s (R17)', async (validFor, code) => {
    const scts = one({ timestamp: (T0 - 5) * SECOND });
    expect(
      await codeOf({
        scts,
        trust: (root) => {
          root.ctlogs[0].publicKey.validFor = validFor;
        },
      }),
    ).toBe(code);
  });

  it('a log with two keys is judged by the key in force (R17)', async () => {
    const trust: Overrides['trust'] = (root) => {
      const old = structuredClone(root.ctlogs[0]);
      old.publicKey.validFor = { start: date(0), end: date(T0 - 100) };
      root.ctlogs.unshift(old);
    };
    expect(await codeOf({ trust })).toBe('verified');
  });

  it('without a CT log in the trust root the verdict is undecided (X08)', async () => {
    expect(
      await judge({
        trust: (root) => {
          root.ctlogs = [];
        },
      }),
    ).toMatchObject({ status: 'undecided', check: 'sct', code: 'no-trust-material' });
  });

  it('the SCT check is skipped only if the verifier says so (X08)', async () => {
    expect(await codeOf({ scts: () => [] }, { ignoreSct: true })).toBe('verified');
    expect(await codeOf({ scts: () => [] }, { ignoreSct: false })).toBe('sct-missing');
  });

  it('a CT log with an RSA key is read, and its ECDSA label not believed (X08)', async () => {
    const rsa = key('rsa ct', 'rsa');
    const trust: Overrides['trust'] = (root) => {
      root.ctlogs[0].publicKey.rawBytes = Buffer.from(rsa.spki).toString('base64');
      root.ctlogs[0].publicKey.keyDetails = 'PKIX_RSA_PKCS1V15_2048_SHA256';
      root.ctlogs[0].logId.keyId = Buffer.from(logIdOf(rsa, '')).toString('base64');
    };
    expect(
      await codeOf({ trust, scts: one({ key: rsa, logId: logIdOf(rsa, ''), algorithms: [4, 1] }) }),
    ).toBe('sct-invalid');
  });
});

describe('precertificate', () => {
  it('the precertificate is the certificate without the SCT list, at any place', () => {
    for (const place of ['first', 'last'] as const) {
      const { leafSpec } = forge();
      const list = leafSpec.extensions.find(({ oid }) => oid === Oid.sctList)!;
      const rest = swap(leafSpec.extensions, Oid.sctList);
      const spec = {
        ...leafSpec,
        extensions: place === 'first' ? [list, ...rest] : [...rest, list],
      };
      const tbs = toBeSigned(spec);
      const bare = toBeSigned({ ...leafSpec, extensions: rest });
      const read = { ...readCertificate(forge().leaf), tbs };
      expect(Buffer.from(precertificateTbs(read))).toEqual(Buffer.from(bare));
    }
  });

  it('a precertificate has minimal lengths', async () => {
    for (const size of [1, 60, 90, 100, 300]) {
      const leaf: Overrides['leaf'] = (base) => ({
        ...base,
        extensions: swap(base.extensions, Oid.san, ext.san(general.email('a'.repeat(size)))),
      });
      expect(await codeOf({ leaf })).toBe('verified');
    }
  });

  it('an SCT list is read as it was written', () => {
    const [sct] = readSctList(readCertificate(forge().leaf));
    expect(sct).toMatchObject({
      timestamp: (T0 - 5) * SECOND + 123,
      hashAlgorithm: 4,
      signatureAlgorithm: 3,
    });
  });
});
