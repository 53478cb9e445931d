import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import type { Crypto } from '../../src/core/crypto.ts';
import { createEvidenceCache } from '../../src/core/evidence-cache.ts';
import { verifyIssuedCertificate } from '../../src/core/issued-certificate.ts';
import { logLookupOf } from '../../src/core/log-lookup.ts';
import { Refusal } from '../../src/core/verdict.ts';
import { verifyDetached } from '../../src/core/verify.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { key } from '../support/forge/keys.ts';
import { logIdOf } from '../support/forge/log.ts';
import { ext, Oid, swap } from '../support/forge/x509.ts';
import {
  codeOf,
  date,
  type Forged,
  forge,
  judge,
  ORIGIN,
  type Overrides,
  onlineEntry,
  PAYLOAD,
  T0,
  trustedLog,
  YEAR,
} from '../support/forge.ts';

const verdictOf = async (
  forged: Forged,
  context: Partial<Forged['context']> = {},
): Promise<string> => {
  const verdict = await verifyDetached(forged.payload, forged.signature, {
    ...forged.context,
    ...context,
  });
  return verdict.status === 'verified' ? 'verified' : verdict.code;
};

describe('the whole', () => {
  it('the verdict says who signed, when, and by what evidence', async () => {
    expect(await judge()).toMatchObject({
      status: 'verified',
      signer: { kind: 'email', value: 'alice@forge.test', issuer: 'https://accounts.forge.test' },
      certificate: { notBefore: T0 - 5, notAfter: T0 + 595 },
      logEntry: { logIndex: '1004', integratedTime: T0, kindVersion: 'hashedrekord 0.0.1' },
      times: [{ source: 'rekor', time: T0 }],
    });
    expect(await judge({ log: 'v2', tokens: [{}] })).toMatchObject({
      status: 'verified',
      logEntry: { logIndex: '4', kindVersion: 'hashedrekord 0.0.2' },
      times: [{ source: 'timestamp-authority', time: T0 }],
    });
  });

  it('another payload is refused, and no signer is named (C01)', async () => {
    const verdict = await judge({ signedPayload: utf8('tree 0\n\nother\n') });
    expect(verdict).toMatchObject({
      status: 'refused',
      check: 'content',
      code: 'content-digest-differs',
    });
    expect(verdict).not.toHaveProperty('signer');
  });
});

describe('entries that were looked up (R02)', () => {
  const a = forge({ entry: () => undefined });
  const b = forge({
    entry: () => undefined,
    payload: Buffer.concat([PAYLOAD, utf8('same key, same certificate\n')]),
  });
  const judged = async (forged: Forged, found: ReturnType<typeof onlineEntry>): Promise<string> => {
    const verdict = await verifyDetached(forged.payload, forged.signature, forged.context, found);
    return verdict.status === 'verified' ? 'verified' : verdict.code;
  };

  it('each of two commits of one certificate needs its own entry (R02)', async () => {
    expect(Buffer.from(a.leaf)).toEqual(Buffer.from(b.leaf));
    expect(await judged(a, onlineEntry(a))).toBe('verified');
    expect(await judged(b, onlineEntry(b))).toBe('verified');
    expect(await judged(a, onlineEntry(b))).toBe('log-entry-mismatch');
    expect(await judged(b, onlineEntry(a))).toBe('log-entry-mismatch');
  });

  it('a signature without a log entry is undecided: not good, and not bad (R02)', async () => {
    expect(await judge({ entry: () => undefined })).toMatchObject({
      status: 'undecided',
      code: 'log-entry-absent',
    });
  });

  it('a found entry of another certificate, signature or object name is refused (R01)', async () => {
    const other = forge({
      entry: () => undefined,
      leaf: (leaf) => ({ ...leaf, serial: Uint8Array.of(9) }),
    });
    const change = async (logged: NonNullable<Overrides['logged']>): Promise<string> =>
      judged(a, onlineEntry(a, { logged }));
    expect(await change((record) => ({ ...record, certificateDer: other.leaf }))).toBe(
      'log-entry-mismatch',
    );
    expect(await change((record) => ({ ...record, signature: onlineRecord(b) }))).toBe(
      'log-entry-mismatch',
    );
    expect(
      await change((record) => ({ ...record, signature: key('stranger').sign(utf8('x')) })),
    ).toBe('log-entry-mismatch');
    expect(await judged(a, onlineEntry(a, { objectId: '0'.repeat(40) }))).toBe(
      'log-entry-mismatch',
    );
    const { canonicalizedBody: _, ...bodiless } = onlineEntry(a);
    expect(await judged(a, bodiless)).toBe('log-entry-mismatch');
    // the entry that offline mode logs is about the signed attributes: not about the object's name
    expect(await judged(a, { ...forge().entry!, canonicalizedBody: a.body })).toBe(
      'log-entry-mismatch',
    );
  });

  it('a found entry is held to the same proofs (R06)', async () => {
    expect(
      await judged(a, { ...onlineEntry(a), inclusionProof: onlineEntry(b).inclusionProof! }),
    ).toBe('inclusion-proof-invalid');
    expect(await judged(a, { ...onlineEntry(a), integratedTime: BigInt(T0 + 1) })).toBe(
      'inclusion-promise-invalid',
    );
    expect(await judged(a, onlineEntry(a, { time: T0 + 596 }))).toBe(
      'certificate-expired-at-signing',
    );
    const forgedNote = onlineEntry(a, {
      note: (note) => ({
        ...note,
        signatures: note.signatures.map((one) => ({ ...one, key: key('stranger') })),
      }),
    });
    expect(await judged(a, forgedNote)).toBe('checkpoint-invalid');
  });

  it('an embedded entry is final: a good one found elsewhere does not mend it', async () => {
    const broken = forge({
      entry: (entry) => ({ ...entry, integratedTime: entry.integratedTime - 1n }),
    });
    expect(await judged(broken, onlineEntry(broken))).toBe('inclusion-promise-invalid');
    expect(logLookupOf(broken.payload, broken.signature, nodeCrypto)).toBeUndefined();
    expect(logLookupOf(a.payload, a.signature, nodeCrypto)?.objectIds).toHaveLength(1);
  });
});

function onlineRecord(forged: Forged): Uint8Array {
  const body: { spec: { signature: { content: string } } } = JSON.parse(
    Buffer.from(onlineEntry(forged).canonicalizedBody!).toString(),
  );
  return Buffer.from(body.spec.signature.content, 'base64');
}

describe('the log\u2019s key comes from the trust root (R03)', () => {
  const own = key('fake log');
  const fake: Overrides = {
    note: (note) => ({
      ...note,
      signatures: [{ name: ORIGIN.v1, hint: logIdOf(own, ''), key: own }],
    }),
    promise: (spec) => ({ ...spec, logId: logIdOf(own, ''), key: own }),
  };
  it('a log that brings its own key is refused, under its own id or the true one (R03)', async () => {
    expect(
      await codeOf({ ...fake, entry: (entry) => ({ ...entry, logId: logIdOf(own, '') }) }),
    ).toBe('log-unknown');
    expect(await codeOf(fake)).toBe('checkpoint-invalid');
    const trust: Overrides['trust'] = (root) => {
      root.tlogs.push(trustedLog(own, ORIGIN.v1));
    };
    expect(
      await codeOf({ ...fake, trust, entry: (entry) => ({ ...entry, logId: logIdOf(own, '') }) }),
    ).toBe('verified');
  });

  it('odd log ids are refused (R03)', async () => {
    for (const logId of [
      new Uint8Array(),
      new Uint8Array(32),
      logIdOf(key('rekor'), '').subarray(0, 4),
    ]) {
      expect(await codeOf({ entry: (entry) => ({ ...entry, logId }) })).toBe('log-unknown');
    }
  });

  it('a trust root without a log leaves the signature undecided (R03)', async () => {
    expect(
      await judge({
        trust: (root) => {
          root.tlogs = [];
        },
      }),
    ).toMatchObject({ status: 'undecided', code: 'no-trust-material' });
  });
});

describe('time (R05)', () => {
  it.each([
    [T0 - 5, 'verified'],
    [T0 - 6, 'certificate-expired-at-signing'],
    [T0 + 595, 'verified'],
    [T0 + 596, 'certificate-expired-at-signing'],
  ])('the log\u2019s time %i against the certificate: %s (R05, F1)', async (time, code) => {
    expect(await codeOf({ time })).toBe(code);
  });

  it('the future begins 300 seconds after now: a slow clock is no forgery (R05)', async () => {
    expect(await codeOf({}, { now: T0 - 300 })).toBe('verified');
    expect(await codeOf({}, { now: T0 - 301 })).toBe('time-in-future');
    expect(await codeOf({ log: 'v2', tokens: [{}] }, { now: T0 - 300 })).toBe('verified');
    expect(await codeOf({ log: 'v2', tokens: [{}] }, { now: T0 - 301 })).toBe('time-in-future');
  });

  it('equal seconds are fine everywhere at once (R05)', async () => {
    const at = { start: date(T0), end: date(T0) };
    const trust: Overrides['trust'] = (root) => {
      for (const one of [...root.certificateAuthorities, ...root.timestampAuthorities])
        one.validFor = at;
      for (const one of [...root.tlogs, ...root.ctlogs]) one.publicKey.validFor = at;
    };
    const leaf: Overrides['leaf'] = (base) => ({ ...base, notBefore: T0, notAfter: T0 });
    const scts: Overrides['scts'] = (base) => [{ ...base, timestamp: T0 * 1000 + 999 }];
    expect(await codeOf({ trust, leaf, scts, tokens: [{}] }, { now: T0 })).toBe('verified');
    expect(await codeOf({ trust, leaf, scts, tokens: [{}], log: 'v2' }, { now: T0 })).toBe(
      'verified',
    );
  });
});

describe('Rekor v2 (R13)', () => {
  const v2 = (overrides: Overrides = {}): Overrides => ({ log: 'v2', tokens: [{}], ...overrides });
  const own = key('rekor2', 'ed25519');
  const cosigner = key('cosigner', 'ed25519');
  const cosignature = {
    name: 'cosigner.forge.test',
    hint: logIdOf(cosigner, 'cosigner.forge.test'),
    key: cosigner,
  };
  const rows: readonly [string, Overrides, string][] = [
    ['as it is', v2(), 'verified'],
    ['no timestamp', v2({ tokens: [] }), 'time-missing'],
    [
      'no proof',
      v2({ entry: ({ inclusionProof: _, ...entry }) => entry }),
      'inclusion-proof-invalid',
    ],
    [
      'no log signature',
      v2({ note: (note) => ({ ...note, signatures: [] }) }),
      'checkpoint-invalid',
    ],
    [
      'another cosigner alone',
      v2({ note: (note) => ({ ...note, signatures: [cosignature] }) }),
      'checkpoint-invalid',
    ],
    [
      'a cosigner beside the log',
      v2({ note: (note) => ({ ...note, signatures: [...note.signatures, cosignature] }) }),
      'verified',
    ],
    [
      'a cosigner under the log\u2019s hint',
      v2({
        note: (note) => ({
          ...note,
          signatures: [{ ...cosignature, name: ORIGIN.v2, hint: logIdOf(own, ORIGIN.v2) }],
        }),
      }),
      'checkpoint-invalid',
    ],
    [
      'a wrong origin',
      v2({ note: (note) => ({ ...note, origin: 'evil.forge.test' }) }),
      'checkpoint-invalid',
    ],
    [
      'a wrong name',
      v2({
        note: (note) => ({
          ...note,
          signatures: note.signatures.map((one) => ({ ...one, name: 'evil.forge.test' })),
        }),
      }),
      'checkpoint-invalid',
    ],
    [
      'a wrong hint',
      v2({
        note: (note) => ({
          ...note,
          signatures: note.signatures.map((one) => ({ ...one, hint: Uint8Array.of(1, 2, 3, 4) })),
        }),
      }),
      'checkpoint-invalid',
    ],
    [
      'the hint of the bare key',
      v2({
        note: (note) => ({
          ...note,
          signatures: note.signatures.map((one) => ({
            ...one,
            hint: logIdOf({ ...own, kind: 'p256' }, ''),
          })),
        }),
      }),
      'checkpoint-invalid',
    ],
    [
      'the id of the bare key',
      v2({ entry: (entry) => ({ ...entry, logId: logIdOf({ ...own, kind: 'p256' }, '') }) }),
      'log-unknown',
    ],
    [
      'an index other than the proof\u2019s',
      v2({ entry: (entry) => ({ ...entry, logIndex: 3n }) }),
      'log-entry-malformed',
    ],
    ['a token over something else', v2({ tokens: [{ data: utf8('x') }] }), 'timestamp-invalid'],
    [
      'a token outside the certificate',
      v2({ tokens: [{ time: T0 + 596 }] }),
      'certificate-expired-at-signing',
    ],
  ];
  it.each(rows)('%s (R13)', async (_, overrides, code) => {
    expect(await codeOf(overrides)).toBe(code);
  });
});

describe('dates of the log\u2019s key (R17)', () => {
  const rows = [
    [{ start: date(T0) }, 'verified'],
    [{ start: date(T0 + 1) }, 'log-unknown'],
    [{ start: date(0), end: date(T0) }, 'verified'],
    [{ start: date(0), end: date(T0 - 1) }, 'log-unknown'],
    // a key that is valid from no time on is not used at all
    [undefined, 'no-trust-material'],
  ] as const;
  it.each(rows)('%o: %s (R17)', async (validFor, code) => {
    const trust: Overrides['trust'] = (root) => {
      for (const log of root.tlogs) log.publicKey.validFor = validFor;
    };
    expect(await codeOf({ trust })).toBe(code);
    expect(await codeOf({ trust, log: 'v2', tokens: [{}] })).toBe(code);
  });
});

describe('what is remembered', () => {
  const a = forge();
  const elsewhere = forge({
    intermediate: (ca) => ({
      ...ca,
      signer: key('impostor', 'p384'),
      extensions: swap(ca.extensions, Oid.aki, ext.aki(key('impostor', 'p384'))),
    }),
  }).trust;

  it('a leaf proved under one trust root is not proved under another (X01)', async () => {
    const cache = createEvidenceCache();
    expect(await verdictOf(a, { cache })).toBe('verified');
    expect(await verdictOf(a, { cache, trust: elsewhere })).toBe('issuer-untrusted');
    expect(await verdictOf(a, { cache })).toBe('verified');
    // the other way round: a refusal is not remembered for other callers either
    const other = createEvidenceCache();
    expect(await verdictOf(a, { cache: other, trust: elsewhere })).toBe('issuer-untrusted');
    expect(await verdictOf(a, { cache: other })).toBe('verified');
  });

  it('a checkpoint proved under one trust root is not proved under another (R03)', async () => {
    const cache = createEvidenceCache();
    expect(await verdictOf(a, { cache })).toBe('verified');
    const { trust } = forge({
      trust: (root) => {
        root.tlogs[0].publicKey.rawBytes = Buffer.from(key('stranger').spki).toString('base64');
      },
    });
    expect(await verdictOf(a, { cache, trust })).toBe('checkpoint-invalid');
  });

  it('an SCT proved under one trust root is not proved under another (X08)', async () => {
    const cache = createEvidenceCache();
    expect(await verdictOf(a, { cache })).toBe('verified');
    const { trust } = forge({
      trust: (root) => {
        root.ctlogs[0].publicKey.rawBytes = Buffer.from(key('stranger').spki).toString('base64');
      },
    });
    expect(await verdictOf(a, { cache, trust })).toBe('sct-invalid');
  });

  it('leaving the SCT unasked is not remembered (X08)', async () => {
    const cache = createEvidenceCache();
    const bare = forge({ scts: () => [] });
    expect(await verdictOf(bare, { cache, ignoreSct: true })).toBe('verified');
    expect(await verdictOf(bare, { cache })).toBe('sct-missing');
    expect(await verdictOf(bare, { cache })).toBe('sct-missing');
  });

  it('what was verified before a signature was logged is not computed again, and decides nothing', async () => {
    const cache = createEvidenceCache();
    let asked: string[] = [];
    const crypto: Crypto = {
      ...nodeCrypto,
      verify: (...question) => {
        asked.push(question[0].kind);
        return nodeCrypto.verify(...question);
      },
    };
    const whole = forge();
    const unlogged = forge({ entry: () => undefined });
    expect(Buffer.from(unlogged.leaf)).toEqual(Buffer.from(whole.leaf));
    const context = { crypto, cache, trust: whole.context.trust };
    expect(await verdictOf(unlogged, context)).toBe('log-entry-absent');
    expect(asked.toSorted()).toEqual(['p256', 'p256', 'p384', 'p384']);
    asked = [];
    expect(await verdictOf(whole, context)).toBe('verified');
    // the message, the checkpoint, the promise
    expect(asked).toEqual(['p256', 'p256', 'p256']);
    expect(await verdictOf(whole, { ...context, trust: elsewhere })).toBe('issuer-untrusted');
    const late = forge({ time: T0 + 596 });
    expect(await verdictOf(late, context)).toBe('certificate-expired-at-signing');
  });

  it('validity in time is asked every time, though the leaf is known (X04)', async () => {
    const cache = createEvidenceCache();
    expect(await verdictOf(forge(), { cache })).toBe('verified');
    expect(await verdictOf(forge({ time: T0 + 596 }), { cache })).toBe(
      'certificate-expired-at-signing',
    );
    expect(await verdictOf(forge(), { cache, now: T0 - 301 })).toBe('time-in-future');
    expect(cache.leaves.size).toBe(1);
  });

  it('with two issuers of one name, a known leaf takes the one that is in force (X06, X07)', async () => {
    const cache = createEvidenceCache();
    const trust: Overrides['trust'] = (root) => {
      const old = structuredClone(root.certificateAuthorities[0]);
      old.validFor = { start: date(0), end: date(T0 + 1) };
      root.certificateAuthorities = [old];
    };
    expect(await verdictOf(forge({ trust }), { cache })).toBe('verified');
    expect(await verdictOf(forge({ trust, time: T0 + 2 }), { cache })).toBe(
      'certificate-expired-at-signing',
    );
  });

  it('a note changed by one letter is not the note that was proved (R06)', async () => {
    const cache = createEvidenceCache();
    expect(await verdictOf(a, { cache })).toBe('verified');
    expect(
      await verdictOf(
        forge({
          noteText: (text) => text.replace(/.\n$/, (end) => `${end[0] === 'A' ? 'B' : 'A'}\n`),
        }),
        { cache },
      ),
    ).toBe('checkpoint-invalid');
    expect(await verdictOf(forge({ note: (note) => ({ ...note, more: ['x'] }) }), { cache })).toBe(
      'verified',
    );
  });

  it('however many good leaves stand in signatures that are refused, few are remembered (I05)', async () => {
    const cache = createEvidenceCache();
    const sizes: number[] = [];
    for (let i = 0; i < 140; i += 1) {
      const leaf: Overrides['leaf'] = (spec) => ({ ...spec, serial: Uint8Array.of(0x01, i) });
      const refused = forge({ leaf, entry: () => undefined });
      expect(await verdictOf(refused, { cache })).toBe('log-entry-absent');
      sizes.push(cache.leaves.size);
    }
    expect(sizes[0]).toBe(1);
    expect(Math.max(...sizes)).toBeLessThan(135);
  });

  it('a known leaf and note cost no second proof, and the signature, promise and body still do', async () => {
    const cache = createEvidenceCache();
    const counted = { hash: nodeCrypto.hash, calls: 0 };
    const crypto: Crypto = {
      hash: nodeCrypto.hash,
      verify: (...args) => {
        counted.calls += 1;
        return nodeCrypto.verify(...args);
      },
    };
    const fresh = forge();
    await verdictOf(fresh, { cache, crypto });
    const first = counted.calls;
    await verdictOf(fresh, { cache, crypto });
    expect(first).toBe(6); // signature, checkpoint, promise, leaf by intermediate, intermediate by root, SCT
    expect(counted.calls - first).toBe(2); // signature, promise
  });
});

describe('a certificate just issued (X13)', () => {
  const { leaf, context } = forge();
  const refusal = async (der: Uint8Array, time: number): Promise<string> =>
    verifyIssuedCertificate(der, time, context).then(
      ({ value }) => value,
      (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
    );
  it('a new certificate has one signer, and is valid now (X13)', async () => {
    expect(await refusal(leaf, T0)).toBe('alice@forge.test');
    expect(await refusal(leaf, T0 + 596)).toBe('certificate-expired-at-signing');
    expect(await refusal(leaf.subarray(1), T0)).toBe('certificate-malformed');
    expect(await refusal(forge({ scts: () => [] }).leaf, T0)).toBe('sct-missing');
    expect(await refusal(forge().chain[0]!, T0)).toBe('certificate-unsuitable');
  });
});

describe('hostile bytes (I05, I07)', () => {
  it('a signature over 256 KiB is not even decoded (R18)', async () => {
    const { context } = forge();
    const huge = Buffer.from(
      `-----BEGIN SIGNED MESSAGE-----\n${'A'.repeat(300_000)}\n-----END SIGNED MESSAGE-----\n`,
    );
    expect(await verifyDetached(PAYLOAD, huge, context)).toMatchObject({
      status: 'refused',
      code: 'armor-malformed',
    });
  });

  it('every octet of the certificate changed: refused, with a code, and never an exception (I07)', async () => {
    const { leaf } = forge();
    for (let at = 0; at < leaf.length; at += 1) {
      const verdict = await judge({ leafDer: (der) => der.with(at, der[at]! ^ 0x41) });
      expect(verdict.status, `octet ${at}`).not.toBe('verified');
    }
  });
  it('a leaf that outlives its CA is good only as long as the CA (X05)', async () => {
    const leaf: Overrides['leaf'] = (base) => ({ ...base, notAfter: T0 + 5 * YEAR });
    const context = { now: T0 + 2 * YEAR };
    expect(await codeOf({ leaf, time: T0 + YEAR }, context)).toBe('verified');
    expect(await codeOf({ leaf, time: T0 + YEAR + 1 }, context)).toBe(
      'certificate-expired-at-signing',
    );
  });
});
