import { describe, expect, it } from 'vitest';
import { judgedCommit, outcome, reported, STATUSES } from '../support/judged-samples.ts';

const policyDigest = 'd'.repeat(64);

function statement(statuses: readonly (typeof STATUSES)[number][]) {
  const samples = statuses.map((status) => judgedCommit(outcome(status)));
  return JSON.parse(reported('vsa', samples).text);
}

describe('the verification summary', () => {
  it('the verification summary has the fields of SLSA', () => {
    expect(statement(['verified'])).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha1: 'e'.repeat(40), gitCommit: 'e'.repeat(40) } }],
      predicateType: 'https://slsa.dev/verification_summary/v1',
      predicate: {
        verifier: { id: 'urn:git-signet:verifier', version: { 'git-signet': '0.1.0' } },
        timeVerified: '2026-11-21T11:54:32Z',
        resourceUri: `gitoid:commit:sha1:${'e'.repeat(40)}`,
        policy: { digest: { sha256: policyDigest } },
        verificationResult: 'PASSED',
      },
    });
  });

  it.each(STATUSES.filter((status) => status !== 'verified'))(
    'the verification summary says FAILED if one object is %s (S12)',
    (status) => {
      const { predicate } = statement(['verified', status, 'verified']);
      expect(predicate).toMatchObject({ verificationResult: 'FAILED', verifiedLevels: ['FAILED'] });
    },
  );

  it('there is no verification summary without objects or without a policy (P05)', () => {
    expect(statement([]).predicate.verificationResult).toBe('FAILED');
    const create = (more: object) => () => reported('vsa', [], more);
    expect(create({ policy: undefined })).toThrow('must name the policy');
    expect(create({ subjects: [] })).toThrow('none is given');
  });
});
