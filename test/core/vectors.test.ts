import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { readArmor, readSignedData } from '../../src/core/cms/signed-data.ts';
import type { Crypto } from '../../src/core/crypto.ts';
import { createEvidenceCache } from '../../src/core/evidence-cache.ts';
import { type ObjectType, objectId, splitSignedObject } from '../../src/core/git/signed-object.ts';
import { verifyIssuedCertificate } from '../../src/core/issued-certificate.ts';
import { parseTrustedRoot } from '../../src/core/trust/trusted-root.ts';
import { Refusal, type Verdict } from '../../src/core/verdict.ts';
import { verifyObject } from '../../src/core/verify.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { bunCrypto } from '../../src/system/crypto-bun.ts';
import { hasherOfNode } from '../support/bun-hasher.ts';
import { contextOf, REFUSED, type Vector, vector, vectors } from '../support/gitsign-vectors.ts';
import { describeShared, sharedVectors } from '../support/shared-vectors.ts';

const PORTS: readonly (readonly [string, Crypto])[] = [
  ['node:crypto', nodeCrypto],
  ['WebCrypto', bunCrypto({ CryptoHasher: hasherOfNode })],
];

const codeOf = (verdict: Verdict): string =>
  verdict.status === 'verified' ? 'verified' : `${verdict.status} ${verdict.code}`;

/** Valid with its log entry, of which there is no recording. */
const UNRECORDED = 'sha256/02-online.commit';
/** What the manifest does not call `valid`, with the code that says why not. */
const CODES: Readonly<Record<string, string>> = {
  ...REFUSED,
  [UNRECORDED]: 'undecided log-entry-absent',
  'tampered/11-entry-removed.commit': 'undecided log-entry-absent',
  'tampered/13-online-resigned-elsewhere.commit': 'undecided log-entry-absent',
};

describe.each(PORTS)('what the real gitsign signed, judged with %s', (_, crypto) => {
  const judge = ({ type, id, raw, format, found }: Vector): Promise<Verdict> =>
    verifyObject({ type, id, raw, format }, { ...contextOf(), crypto }, found);

  it.each(vectors.map((one) => [one.file, one] as const))('%s', async (file, one) => {
    const code = codeOf(await judge(one));
    expect(code).toBe(CODES[file] ?? 'verified');
    if (file !== UNRECORDED) expect(code === 'verified').toBe(one.expected === 'valid');
  });
});

describe('what a verdict says of them', () => {
  const manifest: readonly {
    file: string;
    cert_sha1: string;
    san?: string[];
    not_before: string;
    not_after: string;
  }[] = JSON.parse(
    readFileSync(new URL('../vectors/gitsign/manifest.json', import.meta.url), 'utf8'),
  );
  it('the verdict has the signer, the certificate and the dates of the manifest (S04)', async () => {
    for (const one of vectors.filter(
      ({ expected, file }) => expected === 'valid' && file !== UNRECORDED,
    )) {
      const row = manifest.find(({ file }) => file === one.file)!;
      // nothing but the verdict is told of the re-wrapped one
      if (row.san === undefined) continue;
      expect(await verifyObject(one, contextOf(), one.found)).toMatchObject({
        status: 'verified',
        signer: { kind: 'email', value: row.san[0], issuer: 'http://127.0.0.1:18808' },
        certificate: {
          sha1: row.cert_sha1,
          notBefore: Date.parse(row.not_before) / 1000,
          notAfter: Date.parse(row.not_after) / 1000,
        },
      });
    }
  });

  it('the verdicts are the same with one cache for all, in any order', async () => {
    const cache = createEvidenceCache();
    for (const one of [...vectors, ...vectors.toReversed()]) {
      const verdict = await verifyObject(one, { ...contextOf(), cache }, one.found);
      expect(codeOf(verdict), one.file).toBe(CODES[one.file] ?? 'verified');
    }
  });
});

describe('entries of others (R02)', () => {
  const online = vectors.filter(({ found }) => found !== undefined);

  it('each online signature is satisfied by its own entry and by no other (R02)', async () => {
    expect(online.length).toBeGreaterThan(8);
    for (const one of online) {
      for (const other of online) {
        const code = codeOf(await verifyObject(one, contextOf(), other.found));
        expect(code, `${one.file} by ${other.file}`).toBe(
          one === other ? 'verified' : 'refused log-entry-mismatch',
        );
      }
    }
  });

  it('an online signature without its entry is undecided (R02)', async () => {
    for (const one of online)
      expect(codeOf(await verifyObject(one, contextOf()))).toBe('undecided log-entry-absent');
  });

  it('a removed or re-wrapped entry is not replaced by the entry of another signature (R02)', async () => {
    for (const file of [
      'tampered/11-entry-removed.commit',
      'tampered/13-online-resigned-elsewhere.commit',
    ]) {
      for (const { found } of online) {
        expect(codeOf(await verifyObject(vector(file), contextOf(), found))).toBe(
          'refused log-entry-mismatch',
        );
      }
    }
  });

  it('an object is the one that was asked for (G01)', async () => {
    const [one] = vectors;
    const id = one!.id.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    expect(codeOf(await verifyObject({ ...one!, id }, contextOf()))).toBe(
      'refused object-id-mismatch',
    );
  });
});

it('the real gitsign signed 44 objects, and each of them is judged here', () => {
  expect(vectors).toHaveLength(44);
  expect(vectors.filter(({ expected }) => expected === 'valid')).toHaveLength(29);
});

interface PublicRow {
  readonly file: string;
  readonly group: string;
  readonly oid: string;
  readonly type: ObjectType;
  readonly san?: readonly { readonly value: string }[] | { readonly value: string };
  readonly oidc_issuer_v1?: string;
  readonly cert_sha256?: string;
  readonly chain_ok?: boolean | null;
  readonly sct_ok?: boolean | null;
  readonly sct_count?: number;
  readonly rekor_entry?: {
    readonly log_index: number;
    readonly log_id: string;
    readonly integrated_time: number;
  } | null;
}

const GROUPS: Readonly<Record<string, string>> = {
  'offline-commit': 'verified',
  'offline-tag': 'verified',
  'online-commit': 'undecided log-entry-absent',
  'online-tag': 'undecided log-entry-absent',
  'root-issued': 'undecided log-entry-absent',
  'two-certificates': 'undecided log-entry-absent',
  'early-attributes': 'undecided log-entry-unsupported',
  'not-sigstore': 'undecided foreign-issuer',
  trap: 'undecided signature-kind-unsupported',
};

describeShared('objects of public repositories', 'public-good/', () => {
  const read = (path: string): Buffer => readFileSync(sharedVectors(`public-good/${path}`));
  const rows: readonly PublicRow[] = JSON.parse(read('manifest.json').toString());
  const trust = parseTrustedRoot(read('trusted_root.json').toString(), 'public-good', nodeCrypto);
  const context = (crypto: Crypto) => ({
    crypto,
    trust,
    now: Date.parse('2027-01-01T00:00:00Z') / 1000,
  });
  const judge = (row: PublicRow, crypto: Crypto): Promise<Verdict> =>
    verifyObject(
      { type: row.type, id: row.oid, raw: read(row.file), format: 'sha1' },
      context(crypto),
    );

  it('there are 24 hostile vectors, in the groups that each have a verdict', () => {
    expect(rows).toHaveLength(24);
    expect(new Set(rows.map(({ group }) => group))).toEqual(new Set(Object.keys(GROUPS)));
  });

  // names of tests are printed: the object's id says enough
  it.each(rows.map((row) => [row.group, row.oid.slice(0, 8), row] as const))(
    '%s %s',
    async (group, _, row) => {
      for (const [, crypto] of PORTS) {
        const verdict = await judge(row, crypto);
        expect(codeOf(verdict)).toBe(GROUPS[group]);
        if (verdict.status !== 'verified') {
          expect(verdict).not.toHaveProperty('signer');
          continue;
        }
        const san = [row.san].flat()[0]?.value;
        expect(verdict.signer.value === san).toBe(true);
        expect(verdict.signer.issuer === row.oidc_issuer_v1).toBe(true);
        expect(verdict.certificate.sha256).toBe(row.cert_sha256);
        expect(verdict.logEntry).toMatchObject({
          logIndex: String(row.rekor_entry?.log_index),
          logId: row.rekor_entry?.log_id,
          integratedTime: row.rekor_entry?.integrated_time,
        });
      }
    },
  );

  it('path and SCT of every certificate are what the manifest found by other means (X01, X08)', async () => {
    let judged = 0;
    for (const row of rows.filter(({ group }) => group !== 'trap')) {
      const raw = read(row.file);
      expect(objectId(nodeCrypto, row.type, raw, 'sha1')).toBe(row.oid);
      const { signature } = splitSignedObject(row.type, raw, 'sha1')!;
      const { certificate } = readSignedData(readArmor(signature)).signer;
      const attempt = (ignoreSct: boolean): Promise<string> =>
        verifyIssuedCertificate(certificate.der, certificate.notBefore, {
          ...context(nodeCrypto),
          ignoreSct,
        }).then(
          () => 'holds',
          (error: unknown) => (error instanceof Refusal ? error.code : toHex(new Uint8Array())),
        );
      const path = await attempt(true);
      expect(path === 'holds', `${row.oid} ${path}`).toBe(row.chain_ok);
      if (row.chain_ok !== true) continue;
      expect(await attempt(false)).toBe(row.sct_ok === true ? 'holds' : 'sct-missing');
      judged += 1;
    }
    expect(judged).toBeGreaterThan(18);
  });
});
