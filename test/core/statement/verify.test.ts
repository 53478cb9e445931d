import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { createEvidenceCache } from '../../../src/core/evidence-cache.ts';
import { preAuthEncoding } from '../../../src/core/statement/envelope.ts';
import { verifyBundleOf, verifyStatement } from '../../../src/core/statement/verify.ts';
import { verifyDetached } from '../../../src/core/verify.ts';
import { bodyDsse } from '../../support/forge/log.ts';
import {
  forgeStatement,
  paeOf,
  STATEMENT,
  type StatementChange,
  statementJson,
} from '../../support/forge/statement.ts';
import { armor, forge, type Json, PAYLOAD, T0 } from '../../support/forge.ts';

const judged = (change: StatementChange = {}) => {
  const { bundle, context } = forgeStatement(change);
  return verifyStatement(bundle, context);
};

/** `verified`, or the code. A statement is given only with a good verdict. */
async function codeOf(change: StatementChange): Promise<string> {
  const { verdict, statement } = await judged(change);
  expect(statement === undefined).toBe(verdict.status !== 'verified');
  return verdict.status === 'verified' ? 'verified' : verdict.code;
}

const OTHER = utf8(JSON.stringify({ ...statementJson(), predicate: { verdict: 'bad' } }));
const V2: StatementChange = { log: 'v2', tokens: [{}] };

describe('a signed statement', () => {
  it.each<[string, StatementChange, readonly string[]]>([
    ['on Rekor v1', { body: bodyDsse(STATEMENT) }, ['rekor']],
    ['on Rekor v1 as a hashedrekord', {}, ['rekor']],
    ['on Rekor v1 with a timestamp', { tokens: [{}] }, ['rekor', 'timestamp-authority']],
    ['on Rekor v2 with a timestamp', V2, ['timestamp-authority']],
  ])('%s verifies with signer, log entry and times', async (_name, change, sources) => {
    const { verdict, statement } = await judged(change);
    expect(verdict).toMatchObject({
      status: 'verified',
      signer: { value: 'alice@forge.test' },
      times: sources.map((source) => ({ source, time: T0 })),
    });
    expect(statement?.subjects).toEqual([{ type: 'commit', id: '1'.repeat(40) }]);
  });

  it('verifies once more from the cache, and a later forgery does not profit from it', async () => {
    const { bundle, context } = forgeStatement();
    const cache = createEvidenceCache();
    const again = () => verifyStatement(bundle, { ...context, cache });
    expect(await again()).toEqual(await again());
    const forged = forgeStatement({ signed: paeOf(OTHER) });
    const result = await verifyStatement(forged.bundle, { ...context, cache });
    expect(result.verdict).toMatchObject({ code: 'signature-invalid' });
  });

  it('is encoded as the protocol says', () => {
    expect(Buffer.from(preAuthEncoding(STATEMENT))).toEqual(Buffer.from(paeOf(STATEMENT)));
    expect(Buffer.from(preAuthEncoding(utf8('ü'))).toString()).toBe(
      'DSSEv1 28 application/vnd.in-toto+json 2 ü',
    );
  });

  it.each<[string, StatementChange, string]>([
    ['over the statement alone, without its encoding', { signed: STATEMENT }, 'signature-invalid'],
    ['over another statement', { signed: paeOf(OTHER) }, 'signature-invalid'],
    [
      'over an encoding of another type',
      { signed: paeOf(STATEMENT, 'application/json') },
      'signature-invalid',
    ],
    [
      'over an encoding with another length',
      { signed: utf8(`DSSEv1 28 application/vnd.in-toto+json 1 ${Buffer.from(STATEMENT)}`) },
      'signature-invalid',
    ],
    [
      'over an encoding of another version',
      { signed: utf8(Buffer.from(paeOf(STATEMENT)).toString().replace('DSSEv1', 'DSSEv2')) },
      'signature-invalid',
    ],
    ['of another payload type', { payloadType: 'application/json' }, 'bundle-unsupported'],
    [
      'of a payload type that makes the same encoding with another statement',
      { payloadType: `application/vnd.in-toto+json ${STATEMENT.length} {` },
      'bundle-unsupported',
    ],
    ['whose payload is a commit', { payload: PAYLOAD }, 'statement-malformed'],
    ['whose payload is an encoded statement', { payload: paeOf(STATEMENT) }, 'statement-malformed'],
    [
      'whose payload is a commit behind a brace',
      { payload: Buffer.concat([utf8('{'), PAYLOAD]) },
      'statement-malformed',
    ],
  ])('%s is refused (A1)', async (_name, change, code) => {
    expect(await codeOf(change)).toBe(code);
  });

  it.each<[string, StatementChange, string]>([
    ['without a log entry', { entry: () => undefined }, 'log-entry-absent'],
    [
      'without a log entry, although it has a timestamp',
      { entry: () => undefined, tokens: [{}] },
      'log-entry-absent',
    ],
    [
      'with an entry about other bytes',
      { logged: (record) => ({ ...record, digest: new Uint8Array(32) }) },
      'log-entry-mismatch',
    ],
    [
      'with an entry about another signature',
      {
        logged: (record) => ({
          ...record,
          signature: forgeStatement({ payload: OTHER }).signature,
        }),
      },
      'log-entry-mismatch',
    ],
    [
      'with a body that is not the one in the tree',
      {
        bundle: ({ verificationMaterial: { tlogEntries } }: Json) => {
          tlogEntries[0].canonicalizedBody =
            Buffer.from('{"apiVersion":"0.0.1"}').toString('base64');
        },
      },
      'log-entry-mismatch',
    ],
    [
      'with an entry of another kind',
      { entry: (entry) => ({ ...entry, kind: 'intoto' }) },
      'log-entry-unsupported',
    ],
    ['with an envelope entry of another payload', { body: bodyDsse(OTHER) }, 'log-entry-mismatch'],
    [
      'with an envelope entry of another signature',
      {
        body: (record) =>
          bodyDsse(STATEMENT)({
            ...record,
            signature: forgeStatement({ payload: OTHER }).signature,
          }),
      },
      'log-entry-mismatch',
    ],
    [
      'with an envelope entry that holds something more',
      {
        body: (record) => {
          const text = Buffer.from(bodyDsse(STATEMENT)(record)).toString();
          return utf8(text.replace('"signatures":[', '"signatures":[{},'));
        },
      },
      'log-entry-mismatch',
    ],
    [
      'with an envelope entry whose body is not the one in the tree',
      {
        body: bodyDsse(STATEMENT),
        bundle: ({ verificationMaterial: { tlogEntries } }: Json) => {
          const [entry] = tlogEntries;
          const body = Buffer.from(entry.canonicalizedBody, 'base64').toString();
          entry.canonicalizedBody = Buffer.from(body.replaceAll('abab', 'cdcd')).toString('base64');
        },
      },
      'log-entry-mismatch',
    ],
    [
      'with an envelope entry that calls itself a hashedrekord',
      {
        body: bodyDsse(STATEMENT),
        entry: (entry) => ({ ...entry, kind: 'hashedrekord' }),
      },
      'log-entry-mismatch',
    ],
    ['on Rekor v2 without a timestamp', { log: 'v2' }, 'time-missing'],
    [
      'with a timestamp over another signature',
      { ...V2, tokens: [{ data: utf8('another') }] },
      'timestamp-invalid',
    ],
    ['logged after its certificate ended', { time: T0 + 700 }, 'certificate-expired-at-signing'],
    ['logged in the future', { time: T0 + 3600 + 301 }, 'time-in-future'],
    ['without an SCT', { scts: () => [] }, 'sct-missing'],
    [
      'by a certificate of another authority',
      { trust: (root: Json) => root.certificateAuthorities.splice(0) },
      'no-trust-material',
    ],
    [
      'in a log that the trust root does not name',
      { trust: (root: Json) => root.tlogs.splice(0, 1) },
      'log-unknown',
    ],
  ])('%s is refused (A4)', async (_name, change, code) => {
    expect(await codeOf(change)).toBe(code);
  });

  it('in no log verifies by its timestamp alone, if policy and configuration say so', async () => {
    const { bundle, context } = forgeStatement({ entry: () => undefined, tokens: [{}] });
    const { verdict } = await verifyStatement(bundle, { ...context, unlogged: true });
    expect(verdict).toMatchObject({ status: 'verified', times: [{ time: T0 }] });
    const bare = forgeStatement({ entry: () => undefined });
    const refused = await verifyStatement(bare.bundle, { ...context, unlogged: true });
    expect(refused.verdict).toMatchObject({ code: 'log-entry-absent' });
  });

  it('is verified as itself only, and not as another statement', async () => {
    const { bundle, context } = forgeStatement();
    expect(await verifyBundleOf(STATEMENT, bundle, context)).toMatchObject({ status: 'verified' });
    expect(await verifyBundleOf(OTHER, bundle, context)).toMatchObject({
      code: 'content-digest-differs',
    });
  });
});

describe('a signature of one kind', () => {
  it('of a commit makes no statement, and of a statement no commit (A1)', async () => {
    const commit = forge();
    const { signature, json, bundle, context } = forgeStatement();
    // the signature of the commit, with its log entry, in the envelope of a statement
    const moved = structuredClone(json);
    moved.dsseEnvelope.signatures[0].sig = Buffer.from(commit.record.signature).toString('base64');
    for (const payload of [STATEMENT, commit.signedAttrs, PAYLOAD]) {
      moved.dsseEnvelope.payload = Buffer.from(payload).toString('base64');
      const { verdict } = await verifyStatement(utf8(JSON.stringify(moved)), context);
      expect(verdict).toMatchObject({ status: 'refused' });
    }
    // the signature of the statement, in a message for git, over the payload and over the attributes
    const verdicts = await Promise.all(
      [PAYLOAD, STATEMENT, paeOf(STATEMENT)].map((payload) => {
        const forged = forge({ payload, cms: (base) => ({ ...base, signature }) });
        return verifyDetached(payload, forged.signature, forged.context);
      }),
    );
    expect(verdicts).toMatchObject([
      { code: 'signature-invalid' },
      { code: 'statement-malformed' },
      { code: 'signature-invalid' },
    ]);
    expect(await verifyDetached(PAYLOAD, bundle, context)).toMatchObject({
      code: 'signature-kind-unsupported',
    });
    const { verdict } = await verifyStatement(armor(commit.cms), context);
    expect(verdict).toMatchObject({ status: 'refused', code: 'bundle-malformed' });
  });

  it('a good message for git over a statement is refused, and over another file it is not (A1)', async () => {
    for (const [text, status] of [
      [Buffer.from(STATEMENT).toString(), 'refused'],
      [` \n${Buffer.from(STATEMENT)}`, 'refused'],
      [`\ufeff${Buffer.from(STATEMENT)}`, 'refused'],
      [Buffer.from(`${Buffer.from(STATEMENT)}`.replace('good', 'g\xff'), 'latin1'), 'refused'],
      ['any file', 'verified'],
      ['{"_type":"x"}', 'verified'],
      [JSON.stringify({ _type: 'https://in-toto.io/Statement/v0.1' }), 'refused'],
      [`{"\\u005ftype":"https:\\/\\/in-toto.io/Statement/v1"}`, 'refused'],
    ] as const) {
      const forged = forge({ payload: typeof text === 'string' ? utf8(text) : text });
      const verdict = await verifyDetached(forged.payload, forged.signature, forged.context);
      expect([`${text}`, verdict.status]).toEqual([`${text}`, status]);
    }
  });
});
