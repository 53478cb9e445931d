import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TrustMaterial } from '../../../src/core/trust/trust-material.ts';
import { parseTrustedRoot } from '../../../src/core/trust/trusted-root.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';
import { codeOf, forge, type Json, type Overrides } from '../../support/forge.ts';
import { describeShared, sharedVectors } from '../../support/shared-vectors.ts';

const refused = expect.objectContaining({ code: 'TRUST_FILE', exitCode: 2 });
const base = (): Json => structuredClone(forge().trustedRoot);
const read = (json: Json): TrustMaterial =>
  parseTrustedRoot(JSON.stringify(json), 'root.json', nodeCrypto);
/** The trust root after a change of its first log. */
const firstLog =
  (change: (log: Json) => void): Overrides['trust'] =>
  (root) => {
    change(root.tlogs[0]);
  };
const changed = (change: (json: Json) => void): Json => {
  const json = base();
  change(json);
  return json;
};
const spki = (kind: 'ed448' | 'x25519'): string => {
  const { publicKey } =
    kind === 'ed448' ? generateKeyPairSync('ed448') : generateKeyPairSync('x25519');
  return publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
};

describe('a log with a key of an unknown kind', () => {
  const kinds: readonly [string, (log: Json) => void][] = [
    ['ML-DSA', (log) => (log.publicKey.keyDetails = 'ML_DSA_65')],
    ['ML-DSA by number', (log) => (log.publicKey.keyDetails = 21)],
    ['PKCS #1', (log) => (log.publicKey.keyDetails = 'PKCS1_RSA_PKCS1V5')],
    ['pre-hashed Ed25519', (log) => (log.publicKey.keyDetails = 'PKIX_ED25519_PH')],
    ['RSA-PSS', (log) => (log.publicKey.keyDetails = 'PKIX_RSA_PSS_2048_SHA256')],
    ['a kind of the future', (log) => (log.publicKey.keyDetails = 'SLH_DSA_FUTURE')],
    ['a number of the future', (log) => (log.publicKey.keyDetails = 4711)],
    [
      'a kind of the future, whose fields have forms of the future',
      (log) => Object.assign(log, { publicKey: { keyDetails: 'FUTURE', rawBytes: 7 }, logId: 8 }),
    ],
    [
      'no named kind, and an algorithm that is unknown',
      (log) => Object.assign(log.publicKey, { keyDetails: undefined, rawBytes: spki('ed448') }),
    ],
    ['a tree by another hash', (log) => (log.hashAlgorithm = 'SHA3_384')],
  ];
  it.each(kinds)(
    'a log of an unknown kind is left out and listed, and the rest of the root is read: %s (T09)',
    (_, change) => {
      for (const list of ['tlogs', 'ctlogs'] as const) {
        const trust = read(changed((json) => change(json[list][0])));
        const kept = list === 'tlogs' ? trust.tlogs : trust.ctLogs;
        expect(kept).toHaveLength(base()[list].length - 1);
        expect(trust.leftOut).toEqual([
          expect.objectContaining({
            kind: list === 'tlogs' ? 'log' : 'CT log',
            place: `${list}[0]`,
            name: base()[list][0].baseUrl,
            why: expect.stringMatching(/kind|hashed/),
          }),
        ]);
      }
    },
  );

  it.each(kinds)('grants nothing: an entry of its own is refused, %s (T09)', async (_, change) => {
    expect(await codeOf({ trust: firstLog(change) })).toBe('log-unknown');
    // the other log is as good as before
    expect(await codeOf({ log: 'v2', tokens: [{}], trust: firstLog(change) })).toBe('verified');
  });

  it('a log of an unknown kind takes nothing from a known log of the same id (T09)', async () => {
    const twin: Overrides['trust'] = (root) => {
      const log = structuredClone(root.tlogs[0]);
      log.publicKey.keyDetails = 'ML_DSA_65';
      root.tlogs.unshift(log);
    };
    expect(await codeOf({ trust: twin })).toBe('verified');
  });

  it('a known kind that cannot be read is still an error (T09)', () => {
    const faults: readonly ((log: Json) => void)[] = [
      (log) => (log.publicKey.rawBytes = 'AAAA'),
      (log) => (log.publicKey.rawBytes = spki('ed448')),
      (log) => (log.publicKey.rawBytes = base().tlogs[1].publicKey.rawBytes),
      (log) => Object.assign(log.publicKey, { keyDetails: undefined, rawBytes: 'AAAA' }),
      (log) => (log.publicKey.keyDetails = 'PKIX_RSA_PKCS1V15_2048_SHA256'),
      (log) => (log.publicKey.keyDetails = 7),
    ];
    for (const change of faults)
      expect(() => read(changed((json) => change(json.tlogs[0])))).toThrow(refused);
  });

  it('an enum by number, or an unspecified kind, is not an unknown kind (T09)', () => {
    for (const keyDetails of [5, 0, 'PUBLIC_KEY_DETAILS_UNSPECIFIED', undefined]) {
      const { tlogs, leftOut } = read(
        changed((json) => (json.tlogs[0].publicKey.keyDetails = keyDetails)),
      );
      expect([tlogs.length, leftOut]).toEqual([2, []]);
    }
  });
});

describe('a log without a start of validity', () => {
  const without: readonly ((log: Json) => void)[] = [
    (log) => delete log.publicKey.validFor,
    (log) => delete log.publicKey.validFor.start,
    (log) => (log.publicKey.validFor.start = null),
    (log) => (log.publicKey.validFor = null),
  ];
  it('a log without the start of its validity is left out and listed, and its entry is refused (T10)', async () => {
    for (const change of without) {
      const { tlogs, leftOut } = read(changed((json) => change(json.tlogs[0])));
      expect([tlogs.length, leftOut.map(({ why }) => why)]).toEqual([
        1,
        [expect.stringContaining('validFor.start')],
      ]);
      expect(await codeOf({ trust: firstLog(change) })).toBe('log-unknown');
    }
  });
  it('differs from one that starts with the epoch (T10)', async () => {
    const epoch = firstLog((log) => (log.publicKey.validFor.start = '1970-01-01T00:00:00Z'));
    expect(await codeOf({ trust: epoch })).toBe('verified');
  });
});

/** Every object in a value, with a way to change the same one in a copy. */
function objectsIn(json: Json): readonly (readonly [path: string, (copy: Json) => Json])[] {
  const found: [string, (copy: Json) => Json][] = [];
  const walk = (value: unknown, path: string, get: (copy: Json) => Json): void => {
    if (typeof value !== 'object' || value === null) return;
    if (!Array.isArray(value)) found.push([path, get]);
    for (const [key, item] of Object.entries(value))
      walk(item, `${path}/${key}`, (copy) => get(copy)[key]);
  };
  walk(json, '', (copy) => copy);
  return found;
}

/** What a root says, or which error it is: all but the digest of the text. */
function outcome(json: Json): unknown {
  try {
    return { ...read(json), digest: '' };
  } catch (error) {
    return (error as Error).message;
  }
}

describe('null in a trust root', () => {
  it('means absent, in every field of every message (T10)', () => {
    let fields = 0;
    for (const [path, get] of objectsIn(base())) {
      for (const key of [...Object.keys(get(base())), 'validFor', 'end', 'some.future.field']) {
        const nulled = changed((json) => (get(json)[key] = null));
        const deleted = changed((json) => delete get(json)[key]);
        expect(outcome(nulled), `${path}/${key}`).toEqual(outcome(deleted));
        fields += 1;
      }
    }
    expect(fields).toBeGreaterThan(80);
  });
  it('null is no item of a list (T10)', () => {
    for (const list of ['tlogs', 'ctlogs', 'certificateAuthorities', 'timestampAuthorities'])
      expect(() => read(changed((json) => json[list].unshift(null)))).toThrow(refused);
  });
});

describeShared('real trust roots of others', 'trust/', () => {
  const file = (name: string): TrustMaterial =>
    parseTrustedRoot(readFileSync(sharedVectors(`trust/${name}`), 'utf8'), name, nodeCrypto);
  const counts = ({ certificateAuthorities, tlogs, ctLogs, timestampAuthorities }: TrustMaterial) =>
    [certificateAuthorities, tlogs, ctLogs, timestampAuthorities].map(({ length }) => length);

  it('Sigstore staging is usable but for its retired PKCS #1 log (T09)', () => {
    const trust = file('staging.json');
    expect(counts(trust)).toEqual([2, 5, 4, 2]);
    expect(trust.leftOut).toEqual([
      {
        kind: 'CT log',
        place: 'ctlogs[0]',
        name: 'https://ctfe.sigstage.dev/test',
        id: '1b7c142a4e992ba7df1e1fc5742454136c157a4cb31c4108a521b8b1abe7bf4c',
        why: 'its key is of kind PKCS1_RSA_PKCS1V5, and this program does not verify with that',
      },
    ]);
  });
  it('the public root with one post-quantum log is usable but for that log (T09)', () => {
    const trust = file('pq.json');
    expect(counts(trust)).toEqual([2, 2, 2, 1]);
    expect(trust.leftOut).toMatchObject([{ kind: 'log', name: 'https://pq.example' }]);
  });
  it('the public root with null fields is the public root (T10)', () => {
    const trust = file('null.json');
    expect([counts(trust), trust.leftOut]).toEqual([[2, 2, 2, 1], []]);
    expect(trust.tlogs.map(({ validFor }) => validFor.end)).toEqual([undefined, undefined]);
  });
});
