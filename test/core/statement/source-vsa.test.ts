import { describe, expect, it } from 'vitest';
import {
  readSourceVsa,
  type SourceVsa,
  type SummaryExpectation,
  VSA_TYPE,
  whyNotAbout,
  whyNotEnough,
} from '../../../src/core/statement/source-vsa.ts';
import type { Statement } from '../../../src/core/statement/statement.ts';

const COMMIT = 'e'.repeat(40);
const REPOSITORY = 'git+https://git.example.test/parser';
const TIME = Date.UTC(2026, 10, 30) / 1000;

const annotations = {
  sourceRefs: ['refs/heads/main'],
  gitSignet: {
    ...{ format: 1, ref: 'refs/heads/main', leftOut: [], trustDigest: 'c'.repeat(64) },
    without: ['b'.repeat(40)],
  },
};
const predicate = {
  verifier: { id: 'urn:git-signet:verifier' },
  timeVerified: '2026-11-30T00:00:00Z',
  resourceUri: REPOSITORY,
  policy: { uri: 'urn:p', digest: { sha256: 'd'.repeat(64) } },
  verificationResult: 'PASSED',
  verifiedLevels: ['SLSA_SOURCE_LEVEL_1', 'ORG_SOURCE_SIGNED'],
  slsaVersion: '1.2',
};

function statement(more: object = {}, about: object = {}, type = VSA_TYPE): Statement {
  const subject = { type: 'commit', id: COMMIT, annotations, ...about } as const;
  return { subjects: [subject], predicateType: type, predicate: { ...predicate, ...more } };
}
const read = (more: object = {}, about: object = {}): SourceVsa =>
  readSourceVsa(statement(more, about));

const expected: SummaryExpectation = {
  id: COMMIT,
  repository: REPOSITORY,
  verifierId: 'urn:git-signet:verifier',
  ref: 'refs/heads/main',
  levels: [1],
};

/** Why the consumer refuses, or undefined. */
function why(vsa: SourceVsa, asked: Partial<SummaryExpectation> = {}): string | undefined {
  const all = { ...expected, ...asked };
  return whyNotAbout(vsa, all) ?? whyNotEnough(vsa, all, TIME);
}

describe('a consumer of verification summaries, by each MUST of SLSA 1.2', () => {
  it('a summary that says what is asked for is accepted', () => {
    expect(why(read())).toBeUndefined();
    expect(why(read(), { levels: [1, 'ORG_SOURCE_SIGNED'] })).toBeUndefined();
  });

  it('a summary of another object is refused (Z3)', () => {
    expect(why(read({}, { id: 'f'.repeat(40) }))).toContain('not about');
  });

  it('a statement of another type, and of another major version, is refused (Z4)', () => {
    for (const type of [
      'https://slsa.dev/provenance/v1',
      'https://slsa.dev/verification_summary/v2',
    ]) {
      expect(() => readSourceVsa(statement({}, {}, type))).toThrow(VSA_TYPE);
    }
  });

  it('a summary by another verifier is refused, and by the one that is asked for it is accepted (Z4)', () => {
    const other = read({ verifier: { id: 'https://verifier.example.test' } });
    expect(why(other)).toContain('its verifier is');
    expect(why(other, { verifierId: 'https://verifier.example.test' })).toBeUndefined();
  });

  it('a summary of another repository is refused, letter by letter (Z3)', () => {
    expect(why(read({ resourceUri: `${REPOSITORY}.git` }))).toContain('it is about');
  });

  it('a summary of a commit that another ref pointed to is refused, and without a ref none is compared (Z3)', () => {
    const other = read({}, { annotations: { sourceRefs: ['refs/heads/topic'] } });
    expect(why(other)).toContain('not refs/heads/main');
    expect(why(other, { ref: undefined })).toBeUndefined();
    expect(why(read({}, { annotations: {} }))).toContain('no ref');
  });

  it('a summary that says FAILED is refused, also if its levels say otherwise (Z4)', () => {
    expect(why(read({ verificationResult: 'FAILED' }))).toBe('it says FAILED');
    expect(why(read({ verifiedLevels: ['SLSA_SOURCE_LEVEL_1', 'FAILED'] }))).toBe('it says FAILED');
  });

  it('a lower level than the one that is asked for is refused, and a higher one is accepted (Z4)', () => {
    expect(why(read(), { levels: [2] })).toContain('SLSA_SOURCE_LEVEL_2 is asked for');
    expect(why(read({ verifiedLevels: ['SLSA_SOURCE_LEVEL_3'] }), { levels: [2] })).toBeUndefined();
    expect(why(read(), { levels: [1, 'ORG_SOURCE_TWO_PARTY'] })).toContain('ORG_SOURCE_TWO_PARTY');
    expect(why(read({ verifiedLevels: [] }))).toContain('no level');
  });

  it('two levels of the source track count as none, because only the highest may stand there', () => {
    const two = read({ verifiedLevels: ['SLSA_SOURCE_LEVEL_1', 'SLSA_SOURCE_LEVEL_3'] });
    expect(why(two)).toContain('is asked for');
  });

  it('fields and levels that are not known are ignored', () => {
    const more = {
      'https://example.test/ext': { a: 1 },
      verifiedLevels: ['SLSA_SOURCE_LEVEL_1', 'X_NEW'],
    };
    expect(why(read(more))).toBeUndefined();
  });

  it('a newer minor version is accepted, and another version is refused (Z4)', () => {
    expect(why(read({ slsaVersion: '1.9' }))).toBeUndefined();
    expect(why(read({ slsaVersion: undefined }))).toBeUndefined();
    for (const slsaVersion of ['2.0', 'one', '1']) {
      expect(why(read({ slsaVersion }))).toContain('not known here');
    }
  });

  it('a stale summary is refused, by the older of both its times (Z4)', () => {
    expect(why(read(), { notBefore: TIME })).toBeUndefined();
    expect(why(read(), { notBefore: TIME + 1 })).toBe('it is too old');
    const early = read({ timeVerified: '2026-11-29T23:59:59Z' });
    expect(why(early, { notBefore: TIME })).toBe('it is too old');
  });

  it.each([
    ['verifier', { verifier: 'me' }],
    ['verifier.id', { verifier: {} }],
    ['resourceUri', { resourceUri: 7 }],
    ['policy', { policy: undefined }],
    ['policy.uri', { policy: { digest: {} } }],
    ['verificationResult', { verificationResult: 'passed' }],
    ['verifiedLevels', { verifiedLevels: 'SLSA_SOURCE_LEVEL_1' }],
    ['timeVerified', { timeVerified: 'yesterday' }],
    ['slsaVersion', { slsaVersion: 1.2 }],
  ])('a summary with a malformed %s is refused', (field, more) => {
    expect(() => read(more)).toThrow(`${field}: expected`);
  });
});

describe('what this program adds to a summary', () => {
  const runOf = (gitSignet: object) =>
    read({}, { annotations: { sourceRefs: [], gitSignet } }).subjects[0]?.run;

  it('the ref, the checks left out, the start and the trust root are read', () => {
    expect(read().subjects[0]?.run).toEqual({
      ...{ ref: 'refs/heads/main', leftOut: [], trustDigest: 'c'.repeat(64) },
      without: ['b'.repeat(40)],
    });
  });

  it.each([
    ['another format', { format: 2 }],
    ['a short hash', { without: ['b'.repeat(12)] }],
    ['no trust root', { trustDigest: undefined }],
    ['a ref of another kind', { ref: 7 }],
    ['checks of another kind', { leftOut: 'sct' }],
  ])('an annotation with %s counts as none', (_, more) => {
    expect(runOf({ ...annotations.gitSignet, ...more })).toBeUndefined();
  });
});
