import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/core/verdict.ts';
import { jsonText, objectResult } from '../../src/report/json.ts';
import { schemaFaults } from '../support/json-schema.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../schema/verify-result.schema.json', import.meta.url), 'utf8'),
) as Record<string, unknown>;

const signer = {
  kind: 'email',
  value: 'alice@example.test',
  issuer: 'https://accounts.example.test',
  extensions: { '1': 'https://accounts.example.test' },
} as const;
const evidence = {
  signer,
  certificate: {
    ...{ sha1: 'a'.repeat(40), sha256: 'b'.repeat(64) },
    ...{ notBefore: 1795263000, notAfter: 1795263600 },
  },
  logEntry: {
    ...{ logId: 'c'.repeat(64), logIndex: '18446744073709551615' },
    ...{ integratedTime: 1795263001, kindVersion: 'hashedrekord 0.0.1' },
  },
  times: [{ source: 'rekor', time: 1795263001, authority: 'c'.repeat(64) }],
} as const;
const verdicts: Readonly<Record<string, Verdict>> = {
  verified: { status: 'verified', ...evidence, rule: 'alice' },
  'not allowed': {
    ...{ status: 'not-allowed', check: 'policy', code: 'identity-not-allowed' },
    ...{ detail: 'not a signer', ...evidence },
  },
  refused: {
    ...{ status: 'refused', check: 'content', code: 'content-digest-differs', detail: 'differs' },
    ...{ claimedSigner: signer, certificate: evidence.certificate },
  },
  unsigned: { status: 'unsigned', check: 'object', code: 'unsigned', detail: 'no signature' },
  undecided: { status: 'undecided', check: 'log', code: 'log-entry-absent', detail: 'absent' },
};
const raw = Buffer.from(
  'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@x> 1700000000 +0100\ncommitter B <b@x> 1700000060 -0300\ngpgsig x\n author C <c@x> 1 +0000\n\nauthor D <d@x> 1 +0000\n',
);

describe('objectResult', () => {
  it.each(Object.entries(verdicts))('a result follows the published schema: %s', (_, verdict) => {
    const result = objectResult({ id: 'd'.repeat(40), type: 'commit', raw, ref: 'HEAD', verdict });
    const plain: unknown = JSON.parse(jsonText(result));
    expect(schemaFaults(plain, schema)).toEqual([]);
    expect(plain).toMatchObject({
      author: { name: 'A', email: 'a@x', date: '2023-11-14T22:13:20Z' },
      committer: { name: 'B', email: 'b@x', date: '2023-11-14T22:14:20Z' },
    });
  });

  it('a tag whose bytes are a commit has no author in its result (G19)', () => {
    const result = objectResult({
      id: 'd'.repeat(40),
      type: 'tag',
      raw,
      verdict: verdicts.refused!,
    });
    expect(result).not.toHaveProperty('author');
    expect(result).not.toHaveProperty('committer');
  });

  it('a result names a signer only if the evidence holds', () => {
    for (const verdict of Object.values(verdicts)) {
      const result = objectResult({ id: 'd'.repeat(40), type: 'commit', raw, verdict });
      const proved = verdict.status === 'verified' || verdict.status === 'not-allowed';
      expect('signer' in result).toBe(proved);
      expect(result.times.length > 0).toBe(proved);
    }
  });

  it('the schema refuses a refused result that names a signer', () => {
    const result = objectResult({ id: 'd'.repeat(40), type: 'commit', verdict: verdicts.refused! });
    expect(schemaFaults({ ...result, signer }, schema)).not.toEqual([]);
    expect(schemaFaults({ ...result, status: 'verified' }, schema)).not.toEqual([]);
    expect(schemaFaults({ ...result, extra: 1 }, schema)).not.toEqual([]);
  });
});

describe('jsonText', () => {
  it('JSON text escapes what a terminal would obey, and keeps its values (S10)', () => {
    const hostile = { detail: 'a\x1b[31m\x9b\x7f\u202e\u2028\ud800\u{e0001}"\\ é 漢' };
    const text = jsonText(hostile, 2);
    expect(text).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]|\u{e0001}/u);
    expect(JSON.parse(text)).toEqual(hostile);
    expect(text).toContain('é 漢');
  });
});
