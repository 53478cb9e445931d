import { describe, expect, it } from 'vitest';
import type { Signer } from '../../src/core/verdict.ts';
import type { ReportContext } from '../../src/report/format.ts';
import type { RunProof } from '../../src/report/run-facts.ts';
import { judgedCommit, outcome, reported, STATUSES } from '../support/judged-samples.ts';
import { sourceVsaFaults } from '../support/source-vsa-consumer.ts';

const expected = {
  verifierId: 'urn:git-signet:verifier',
  commit: 'e'.repeat(40),
  repository: 'git+https://git.example.test/parser',
  ref: 'refs/heads/main',
  level: 1,
  policySha256: 'd'.repeat(64),
};

function text(statuses: readonly (typeof STATUSES)[number][], more: Partial<ReportContext> = {}) {
  const samples = statuses.map((status) => judgedCommit(outcome(status)));
  return reported('vsa', samples, more).text;
}

/** A run over a range, as its annotation names it. */
const range = (proof: Partial<RunProof> = {}): Partial<ReportContext> => {
  const tip = { id: 'e'.repeat(40), type: 'commit', name: 'main~2..main' };
  const subjects = [{ ...tip, base: ['b'.repeat(40)], sourceRefs: ['refs/heads/main'] }];
  return { subjects, proof: { twoParty: false, leftOut: [], ...proof } };
};

const statement = (...args: Parameters<typeof text>) => JSON.parse(text(...args));
const passed = () => statement(['verified']);

describe('the source verification summary, by each MUST of SLSA 1.2', () => {
  it('it is an in-toto Statement v1 of the predicate type for verification summaries', () => {
    expect(passed()._type).toBe('https://in-toto.io/Statement/v1');
    expect(passed().predicateType).toBe('https://slsa.dev/verification_summary/v1');
  });

  it.each([40, 64])('the digest of the subject is the revision, %i digits', (length) => {
    const subjects = [{ id: 'e'.repeat(length), type: 'commit', name: 'HEAD' }];
    const { subject } = statement(['verified'], { subjects });
    expect(subject[0].digest).toEqual({ gitCommit: 'e'.repeat(length) });
  });

  it('the digest of a tag is not given out as that of a commit', () => {
    const subjects = [{ id: 'e'.repeat(40), type: 'tag', name: 'v1' }];
    const { subject } = statement(['verified'], { subjects });
    expect(subject[0].digest).toEqual({ gitTag: 'e'.repeat(40) });
  });

  it('sourceRefs are full names of refs, and an empty list if none is known', () => {
    expect(passed().subject[0].annotations.sourceRefs).toEqual(['refs/heads/main']);
    const subjects = [{ id: 'e'.repeat(40), type: 'commit', name: 'HEAD' }];
    const { subject } = statement(['verified'], { subjects });
    expect(subject[0].annotations.sourceRefs).toEqual([]);
  });

  it('what came from the proof store is left out, because it proves nothing', () => {
    expect(text(['verified'], { store: { reused: 3 } })).toBe(text(['verified']));
  });

  it('resourceUri is the URI of the repository', () => {
    expect(passed().predicate.resourceUri).toBe('git+https://git.example.test/parser');
  });

  it('verifier has an id and nothing else, because protobuf readers know no version', () => {
    expect(passed().predicate.verifier).toEqual({ id: 'urn:git-signet:verifier' });
    expect(passed().subject[0].annotations.gitSignet).toMatchObject({
      format: 1,
      version: '0.1.0',
    });
  });

  it('inputAttestations is absent, because a list must name every attestation that was used', () => {
    expect(passed().predicate).not.toHaveProperty('inputAttestations');
  });

  it('policy has a URI and a digest', () => {
    expect(passed().predicate.policy).toEqual({
      uri: `urn:git-signet:policy:sha256:${expected.policySha256}`,
      digest: { sha256: expected.policySha256 },
    });
  });

  it('timeVerified is the start of the run, and slsaVersion is 1.2', () => {
    const { timeVerified, slsaVersion } = passed().predicate;
    expect({ timeVerified, slsaVersion }).toEqual({
      ...{ timeVerified: '2026-11-21T11:54:32Z', slsaVersion: '1.2' },
    });
  });

  it('verifiedLevels has one level of the source track, and no run claims a higher one than level 1', () => {
    const { verificationResult, verifiedLevels } = statement(['verified'], range()).predicate;
    expect(verificationResult).toBe('PASSED');
    const levels = verifiedLevels.filter((name: string) => name.startsWith('SLSA_'));
    expect(levels).toEqual(['SLSA_SOURCE_LEVEL_1']);
  });

  it('properties of our own begin with ORG_SOURCE_, and none is claimed of a run without a first commit', () => {
    const { verifiedLevels } = statement(['verified'], range({ twoParty: true })).predicate;
    const own = verifiedLevels.filter((name: string) => !name.startsWith('SLSA_'));
    expect(own).toEqual(['ORG_SOURCE_SIGNED', 'ORG_SOURCE_TWO_PARTY']);
    expect(passed().predicate.verifiedLevels).toEqual(['SLSA_SOURCE_LEVEL_1']);
  });

  it('a range with a carried commit does not claim that each commit is signed (Z1)', () => {
    const { signer } = outcome('verified') as { readonly signer: Signer };
    const id = 'f'.repeat(40);
    const carried = {
      how: 'squash',
      head: id,
      commits: [id],
      signers: [{ name: 'alice', signer }],
    } as const;
    const samples = [judgedCommit({ status: 'verified', carried, rule: 'alice' })];
    const { predicate, subject } = JSON.parse(
      reported('vsa', samples, range({ twoParty: true })).text,
    );
    expect(predicate.verifiedLevels).toEqual(['SLSA_SOURCE_LEVEL_1', 'ORG_SOURCE_TWO_PARTY']);
    expect(subject[0].annotations.gitSignet.notClaimed.ORG_SOURCE_SIGNED).toContain('carried');
  });

  it('inputAttestations names the summaries that prove the start, unless the policy asks for other statements', () => {
    const summaries = ['c'.repeat(64)];
    const inputs = (proof: Partial<RunProof>) =>
      statement(['verified'], range({ summaries, ...proof })).predicate.inputAttestations;
    expect(inputs({})).toEqual([{ digest: { sha256: 'c'.repeat(64) } }]);
    expect(inputs({ statements: true })).toBeUndefined();
  });

  it('the annotation says why level 2 and each property is not claimed, and from which commit on the rest is', () => {
    const { annotations } = statement(['verified'], range()).subject[0];
    expect(Object.keys(annotations.gitSignet.notClaimed)).toEqual([
      'SLSA_SOURCE_LEVEL_2',
      'ORG_SOURCE_TWO_PARTY',
    ]);
    expect(annotations.gitSignet.without).toEqual(['b'.repeat(40)]);
  });

  it.each(STATUSES.filter((status) => status !== 'verified'))(
    'the verification summary says FAILED if one object is %s (S12)',
    (status) => {
      const { predicate } = statement(['verified', status, 'verified']);
      expect(predicate).toMatchObject({ verificationResult: 'FAILED', verifiedLevels: ['FAILED'] });
    },
  );

  it('the same verdicts make the same statement', () => {
    expect(text(['verified'])).toBe(text(['verified']));
  });

  it('there is no verification summary without objects, policy or repository (P05)', () => {
    expect(statement([]).predicate.verificationResult).toBe('FAILED');
    const create = (more: object) => () => reported('vsa', [], more);
    expect(create({ policy: undefined })).toThrow('must name the policy');
    expect(create({ subjects: [] })).toThrow('none is given');
    expect(create({ repositoryUri: undefined })).toThrow('must name the repository');
  });
});

describe('a consumer that knows only the specification', () => {
  const altered: readonly (readonly [string, (made: ReturnType<typeof passed>) => void])[] = [
    ['_type', (made) => (made._type = 'https://in-toto.io/Statement/v0.1')],
    ['predicateType', (made) => (made.predicateType = 'https://slsa.dev/provenance/v1')],
    ['subject.digest', (made) => (made.subject[0].digest.gitCommit = 'f'.repeat(40))],
    [
      'subject.annotations.sourceRefs',
      (made) => (made.subject[0].annotations.sourceRefs = ['refs/heads/other']),
    ],
    ['annotations.sourceRefs', (made) => (made.subject[0].annotations.sourceRefs = ['main'])],
    ['predicate.verifier.id', (made) => (made.predicate.verifier.id = 'urn:other:verifier')],
    ['timeVerified', (made) => (made.predicate.timeVerified = 'yesterday')],
    [
      'predicate.resourceUri',
      (made) => (made.predicate.resourceUri = 'git+https://git.example.test/fork'),
    ],
    ['resourceUri', (made) => (made.predicate.resourceUri = 'parser')],
    ['policy.uri', (made) => (made.predicate.policy = { digest: made.predicate.policy.digest })],
    ['predicate.policy.digest', (made) => (made.predicate.policy.digest.sha256 = '0'.repeat(64))],
    ['predicate.verificationResult', (made) => (made.predicate.verificationResult = 'FAILED')],
    [
      'predicate.verifiedLevels',
      (made) => (made.predicate.verifiedLevels = ['SLSA_SOURCE_LEVEL_0']),
    ],
    ['verifiedLevels', (made) => (made.predicate.verifiedLevels = ['GIT_SIGNET_SIGNED'])],
    ['one level of a track', (made) => made.predicate.verifiedLevels.push('SLSA_SOURCE_LEVEL_0')],
    ['slsaVersion', (made) => (made.predicate.slsaVersion = 'one')],
    ['known fields', (made) => (made.predicate.gitSignet = {})],
  ];

  it('the consumer accepts our statement, and not for a higher level', () => {
    expect(sourceVsaFaults(text(['verified']), expected)).toEqual([]);
    const higher = sourceVsaFaults(text(['verified']), { ...expected, level: 2 });
    expect(higher).toEqual(['predicate.verifiedLevels']);
  });

  it.each(altered)('the consumer refuses another %s', (field, alter) => {
    const made = passed();
    alter(made);
    expect(sourceVsaFaults(JSON.stringify(made), expected)).toContain(field);
  });

  it('the consumer refuses the statement of a run that failed', () => {
    const faults = sourceVsaFaults(text(['refused']), expected);
    expect(faults).toEqual(['predicate.verificationResult', 'predicate.verifiedLevels']);
  });
});
