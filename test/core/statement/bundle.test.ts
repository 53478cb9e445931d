import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import {
  readBundle,
  withoutStatement,
  withStatement,
  writeBundle,
} from '../../../src/core/statement/bundle.ts';
import { verifyStatement } from '../../../src/core/statement/verify.ts';
import { Refusal } from '../../../src/core/verdict.ts';
import { forgeStatement, STATEMENT } from '../../support/forge/statement.ts';
import type { Json } from '../../support/forge.ts';

const stamped = () => forgeStatement({ tokens: [{}] });

function codeOf(bundle: string | Uint8Array): string {
  try {
    readBundle(typeof bundle === 'string' ? utf8(bundle) : bundle);
    return 'read';
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

const changed = (change: (json: Json) => void): string => {
  const { json } = stamped();
  change(json);
  return JSON.stringify(json);
};

describe('the bundle of a statement', () => {
  it('is written as it was read', () => {
    for (const { bundle } of [forgeStatement(), stamped(), forgeStatement({ log: 'v2' })]) {
      const { certificate, ...read } = readBundle(bundle);
      const written = writeBundle({ ...read, certificateDer: certificate.der });
      expect(JSON.parse(Buffer.from(written).toString())).toEqual(
        JSON.parse(Buffer.from(bundle).toString()),
      );
    }
  });

  it.each<[string, (json: Json) => void]>([
    ['an empty key id', (json) => (json.dsseEnvelope.signatures[0].keyid = '')],
    [
      'an empty list of timestamps',
      (json) => (json.verificationMaterial.timestampVerificationData.rfc3161Timestamps = []),
    ],
    ['no timestamps', (json) => delete json.verificationMaterial.timestampVerificationData],
    ['numbers for indexes', (json) => (json.verificationMaterial.tlogEntries[0].logIndex = 1004)],
  ])('with %s is read, because other programs write it', (_name, change) => {
    expect(codeOf(changed(change))).toBe('read');
  });

  const material = (json: Json): Json => json.verificationMaterial;
  const twice = (list: Json): void => void list.push(list[0]);
  it.each<[string, (json: Json) => void, string]>([
    ['a second signature', (json) => twice(json.dsseEnvelope.signatures), 'bundle-unsupported'],
    ['a second log entry', (json) => twice(material(json).tlogEntries), 'bundle-unsupported'],
    [
      'a second timestamp',
      (json) => twice(material(json).timestampVerificationData.rfc3161Timestamps),
      'bundle-unsupported',
    ],
    ['no signature', (json) => json.dsseEnvelope.signatures.pop(), 'bundle-malformed'],
    [
      'the name of a key',
      (json) => (json.dsseEnvelope.signatures[0].keyid = 'mine'),
      'bundle-unsupported',
    ],
    ['a bare key', (json) => (material(json).publicKey = { hint: '' }), 'bundle-unsupported'],
    [
      'a chain of certificates',
      (json) => (material(json).x509CertificateChain = { certificates: [] }),
      'bundle-malformed',
    ],
    [
      'the signature of a file',
      (json) => (json.messageSignature = { signature: '' }),
      'bundle-unsupported',
    ],
    ['no envelope', (json) => delete json.dsseEnvelope, 'bundle-malformed'],
    ['an older version', (json) => (json.mediaType += ';version=0.2'), 'bundle-unsupported'],
    [
      'another payload type',
      (json) => (json.dsseEnvelope.payloadType = 'text/plain'),
      'bundle-unsupported',
    ],
    ['an unknown field', (json) => (json.note = 'x'), 'bundle-malformed'],
    [
      'an unknown field of its entry',
      (json) => (material(json).tlogEntries[0].x = ''),
      'bundle-malformed',
    ],
    [
      'an unknown field of its proof',
      (json) => (material(json).tlogEntries[0].inclusionProof.x = ''),
      'bundle-malformed',
    ],
    ['a null', (json) => (json.dsseEnvelope.signatures[0].keyid = null), 'bundle-malformed'],
    ['no payload', (json) => (json.dsseEnvelope.payload = ''), 'bundle-malformed'],
    [
      'base64 of another alphabet',
      (json) => (json.dsseEnvelope.payload = '-_8='),
      'bundle-malformed',
    ],
    [
      'a certificate that is none',
      (json) => (material(json).certificate.rawBytes = 'AAAA'),
      'certificate-malformed',
    ],
    [
      'a timestamp that was not granted',
      (json) =>
        (material(json).timestampVerificationData.rfc3161Timestamps[0].signedTimestamp =
          Buffer.from([0x30, 5, 0x30, 3, 2, 1, 2]).toString('base64')),
      'timestamp-invalid',
    ],
    [
      'an index that is negative',
      (json) => (material(json).tlogEntries[0].logIndex = '-1'),
      'log-entry-malformed',
    ],
  ])('with %s is refused (A3)', (_name, change, code) => {
    expect(codeOf(changed(change))).toBe(code);
  });

  it.each([
    ['nothing', ''],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['a name twice', Buffer.from(stamped().bundle).toString().replace('{', '{"mediaType":"x",')],
  ])('that is %s is refused (A3)', (_name, text) => {
    expect(codeOf(text)).toBe('bundle-malformed');
  });

  it('travels without its statement, and is whole again with it', () => {
    const text = Buffer.from(stamped().bundle).toString();
    const bare = withoutStatement(text);
    expect(bare).not.toContain(Buffer.from(STATEMENT).toString('base64').slice(0, 40));
    expect(withStatement(bare, STATEMENT)).toBe(text);
    expect(withStatement('{}', STATEMENT)).toBeUndefined();
    expect(withStatement('{', STATEMENT)).toBeUndefined();
  });

  it('of which one octet is flipped is refused, or says the same (A1, A3, A4)', async () => {
    const { bundle, context } = stamped();
    const good = await verifyStatement(bundle, context);
    const statuses = { verified: 0, refused: 0, undecided: 0 };
    const step = process.env['GIT_SIGNET_DEEP'] === 'yes' ? 1 : 16;
    for (let at = 0; at < bundle.length; at += step) {
      const mutant = Uint8Array.from(bundle);
      mutant[at] = (mutant[at] ?? 0) ^ (1 << (at % 8));
      const result = await verifyStatement(mutant, context);
      statuses[result.verdict.status as 'verified'] += 1;
      // a mutant that is still good says exactly what the bundle says
      if (result.verdict.status === 'verified') expect(result).toEqual(good);
    }
    expect(statuses.refused).toBeGreaterThan(bundle.length / step / 2);
  });
});
