/** Requests and answers held against what gitsign and the real servers said to each other (vectors/gitsign/wire). */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromBase64, utf8 } from '../../src/core/bytes.ts';
import { CmsOid, readArmor, readSignedData, singleValue } from '../../src/core/cms/signed-data.ts';
import { splitSignedObject } from '../../src/core/git/signed-object.ts';
import type { IdentityClaims } from '../../src/core/identity-claims.ts';
import { encodeLogEntry } from '../../src/core/rekor/log-entry.ts';
import type { HttpAnswer } from '../../src/http/message.ts';
import { certificateFromV1, certificateRequestV1 } from '../../src/services/fulcio.ts';
import {
  appendRequestV1,
  appendRequestV2,
  logEntryFromAppendV1,
  logEntryFromAppendV2,
} from '../../src/services/rekor-append.ts';
import { timestampFromAnswer, timestampRequest } from '../../src/services/timestamp.ts';
import { nodeCrypto as crypto } from '../../src/system/crypto.ts';
import { Secret } from '../../src/system/secret.ts';

interface Exchange {
  readonly server: string;
  readonly path: string;
  readonly request: string | { base64: string };
  readonly status: number;
  readonly response: string | { base64: string };
}

const WIRE = new URL('../vectors/gitsign/wire/', import.meta.url);
const bytesOf = (body: Exchange['request']): Uint8Array =>
  typeof body === 'string' ? utf8(body) : new Uint8Array(Buffer.from(body.base64, 'base64'));

function recorded(name: string) {
  const exchanges = JSON.parse(readFileSync(new URL(`${name}.json`, WIRE), 'utf8')) as Exchange[];
  const { signature } = splitSignedObject(
    'commit',
    readFileSync(new URL(`${name}.commit`, WIRE)),
    'sha1',
  )!;
  const { signer } = readSignedData(readArmor(signature));
  const exchange = (server: string): Exchange => exchanges.find((one) => one.server === server)!;
  const answer = (server: string): HttpAnswer => {
    const { status, response } = exchange(server);
    return { status, headers: {}, body: bytesOf(response) };
  };
  return { exchange, answer, signer };
}

const record = ({ signer }: ReturnType<typeof recorded>) => ({
  digest: crypto.hash('sha256', signer.signedAttrs),
  signature: signer.signature,
  certificateDer: signer.certificate.der,
});

const claims: IdentityClaims = {
  issuer: 'http://127.0.0.1:18808',
  certificateIssuers: [],
  kind: 'email',
  challenge: 'alice@example.test',
  names: [],
  expires: 0,
};

const ALL = [
  'sign-offline',
  'sign-offline-legacy',
  'sign-offline-tsa',
  'sign-online',
  'sign-online-legacy',
];

describe('Fulcio v1 on the wire', () => {
  it.each(ALL)('the request is gitsign’s byte for byte, and the answer is read: %s', (name) => {
    const session = recorded(name);
    const asked = JSON.parse(String(session.exchange('fulcio').request));
    const request = certificateRequestV1(
      {
        fulcioUrl: 'http://127.0.0.1:18831',
        token: new Secret('t'),
        claims,
        key: { spki: fromBase64(asked.publicKey.content)!, sign: async () => new Uint8Array() },
      },
      fromBase64(asked.signedEmailAddress)!,
    );
    expect(JSON.parse(String(request.body))).toEqual(asked);
    expect(new URL(request.url).pathname).toBe(session.exchange('fulcio').path);
    const leaf = certificateFromV1(session.answer('fulcio'), {
      fulcioUrl: 'http://127.0.0.1:18831',
      claims,
    });
    expect(Buffer.from(leaf)).toEqual(Buffer.from(session.signer.certificate.der));
  });
});

describe('Rekor on the wire', () => {
  it.each(ALL.slice(0, 3))(
    'v1: asks as gitsign did, and stores the answer as it did: %s',
    (name) => {
      const session = recorded(name);
      const request = appendRequestV1('http://rekor', record(session));
      expect(JSON.parse(String(request.body))).toEqual(
        JSON.parse(String(session.exchange('rekor').request)),
      );
      const entry = logEntryFromAppendV1(session.answer('rekor'), {
        url: 'http://rekor',
        record: record(session),
        crypto,
      });
      const stored = singleValue(session.signer.unsignedAttrs, CmsOid.transparencyLogEntry)!;
      expect(Buffer.from(encodeLogEntry(entry))).toEqual(Buffer.from(stored.content));
    },
  );

  it('v1: takes no answer to another session (R14)', () => {
    const [one, two] = [recorded('sign-offline'), recorded('sign-offline-legacy')];
    expect(() =>
      logEntryFromAppendV1(one.answer('rekor'), {
        url: 'http://rekor',
        record: record(two),
        crypto,
      }),
    ).toThrow(expect.objectContaining({ code: 'LOG_ANSWER' }));
  });

  it('v2: asks as gitsign did, and takes the answer for what was asked only', () => {
    const session = recorded('sign-offline-rekor2');
    const request = appendRequestV2('http://rekor2', record(session));
    expect(JSON.parse(String(request.body))).toEqual(
      JSON.parse(String(session.exchange('rekor2').request)),
    );
    const entry = logEntryFromAppendV2(session.answer('rekor2'), 'http://rekor2', record(session));
    expect(entry).toMatchObject({ kind: 'hashedrekord', version: '0.0.2', integratedTime: 0n });
    const other = { ...record(session), digest: new Uint8Array(32) };
    expect(() => logEntryFromAppendV2(session.answer('rekor2'), 'http://rekor2', other)).toThrow(
      expect.objectContaining({ code: 'LOG_ANSWER' }),
    );
  });
});

describe('a timestamp authority on the wire', () => {
  const session = recorded('sign-offline-tsa');
  const asked = bytesOf(session.exchange('tsa').request);
  const question = {
    imprint: crypto.hash('sha256', session.signer.signature),
    nonce: asked.subarray(-19, -3),
  };

  it('the timestamp authority is asked byte for byte as gitsign asked', () => {
    expect(Buffer.from(timestampRequest('http://tsa', question).body as Uint8Array)).toEqual(
      Buffer.from(asked),
    );
  });

  it('the timestamp authority’s answer gives the token that gitsign stored', () => {
    const token = timestampFromAnswer(session.answer('tsa'), question);
    const stored = singleValue(session.signer.unsignedAttrs, CmsOid.timeStampToken)!;
    expect(Buffer.from(token)).toEqual(Buffer.from(stored.raw));
  });

  it.each([
    ['another nonce', { ...question, nonce: new Uint8Array(16).fill(7) }],
    ['another signature', { ...question, imprint: new Uint8Array(32) }],
  ])('a timestamp authority is not believed about %s (R11)', (_name, other) => {
    expect(() => timestampFromAnswer(session.answer('tsa'), other)).toThrow(
      expect.objectContaining({ code: 'TIMESTAMP_ANSWER' }),
    );
  });
});
