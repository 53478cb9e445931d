import { describe, expect, it } from 'vitest';
import {
  decodeProof,
  type Evidence,
  encodeProof,
  evidenceOf,
  latestTime,
  readShape,
} from '../../src/store/proof.ts';
import { evidence } from '../support/store/proofs.ts';

const again = (one: Evidence): Evidence | undefined => {
  const proof = encodeProof(one);
  return proof && evidenceOf(decodeProof(readShape(proof.shape), proof.numbers));
};

describe('evidence that the store keeps', () => {
  it.each<readonly [string, Evidence]>([
    ['of Rekor v1', evidence()],
    [
      'of Rekor v2, whose entry has no time',
      evidence({
        logEntry: {
          logId: 'ab'.repeat(32),
          logIndex: '9007199254740993',
          kindVersion: 'hashedrekord 0.0.2',
        },
      }),
    ],
    ['in no log', evidence({ logEntry: undefined })],
    [
      'with two times',
      evidence({
        times: [
          { source: 'rekor', time: 5, authority: 'aa' },
          { source: 'timestamp-authority', authority: 'bb', time: 7.5 },
        ],
      }),
    ],
    [
      'of a signer with odd text',
      evidence({
        signer: {
          kind: 'uri',
          value: 'https://x.test/\ud800"\u0000é',
          issuer: 'i',
          extensions: { '10': 'b', '5': 'a' },
        },
      }),
    ],
  ])('is read back as it was: a signature %s', (_name, one) => {
    expect(JSON.stringify(again(one))).toBe(JSON.stringify(one));
  });

  it.each(['18446744073709551616', '-1'])('is not kept with a log index of %s', (logIndex) => {
    const logEntry = { logId: 'ab', logIndex, kindVersion: 'x' };
    expect(encodeProof(evidence({ logEntry }))).toBeUndefined();
  });

  it('is not kept if a digest is not what a digest is', () => {
    const certificate = { sha1: 'zz', sha256: 'zz', notBefore: 1, notAfter: 2 };
    expect(encodeProof(evidence({ certificate }))).toBeUndefined();
  });

  it('names its latest time', () => {
    const times = [5, 99, 7].map((time) => ({ source: 'rekor', time, authority: 'aa' }) as const);
    const proof = encodeProof(evidence({ times }));
    expect(proof && latestTime(proof.numbers)).toBe(99);
  });

  it('is without what a policy said, and a refusal has none', () => {
    const one = evidence();
    const findings = [{ code: 'author-differs', detail: 'x', severity: 'note' }] as const;
    const code = 'identity-not-allowed';
    const refusal = { status: 'not-allowed', check: 'policy', code, detail: 'no' } as const;
    expect(evidenceOf({ status: 'verified', ...one, rule: 'alice', findings })).toEqual(one);
    expect(evidenceOf({ ...one, ...refusal, findings })).toEqual(one);
    expect(
      evidenceOf({ status: 'refused', check: 'cms', code: 'cms-malformed', detail: '' }),
    ).toBeUndefined();
  });
});
