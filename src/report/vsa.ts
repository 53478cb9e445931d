/**
 * Writes a source verification summary of a run (SLSA 1.2: slsa.dev/spec/v1.2/verification_summary and
 * slsa.dev/spec/v1.2/source-requirements) as an in-toto Statement v1. It says that these commits of this repository were
 * judged by this policy, and passed or failed. It is made from the verdicts alone, after the last of them. It says PASSED
 * only if every object is verified.
 */

import { ConfigError } from '../errors.ts';
import type { ReportContext, ReportFormat, ReportSubject, Writer } from './format.ts';
import { jsonText, rfc3339 } from './json.ts';
import type { Counts } from './judged.ts';
import { factsJson } from './run-facts.ts';

const STATEMENT = 'https://in-toto.io/Statement/v1';
const PREDICATE = 'https://slsa.dev/verification_summary/v1';
export const VERIFIER_ID = 'urn:git-signet:verifier';
/**
 * The level of a passed run: git keeps the source, and the repository has a name. Level 2 needs a history of the refs,
 * level 3 controls that hold over time, and level 4 a second person's review of every change. A run sees none of them.
 */
const LEVEL = 'SLSA_SOURCE_LEVEL_1';

/** What this program adds is an annotation, because strict readers of the predicate refuse fields they do not know. */
function subjectOf(subject: ReportSubject, run: object): unknown {
  const { id, type, name, base, sourceRefs = [] } = subject;
  const digest = type === 'tag' ? { gitTag: id } : { gitCommit: id };
  const gitSignet = { revision: name, without: base, ...run };
  return { name, digest, annotations: { sourceRefs, gitSignet } };
}

/** @throws ConfigError if no policy or no repository is named, because a summary must name them */
function createVsa(context: ReportContext): Writer {
  const { policy, subjects, repositoryUri, version, now, put } = context;
  if (policy === undefined) {
    throw new ConfigError('--format vsa must name the policy of the run, and none is given', {
      hint: 'add: --policy FILE, or --policy-from REV',
    });
  }
  if (repositoryUri === undefined) {
    throw new ConfigError('--format vsa must name the repository, and none is given', {
      hint: 'add: --repository-uri git+https://HOST/PATH',
    });
  }
  const finish = (counts: Counts, passed: boolean): void => {
    if (subjects.length === 0)
      throw new ConfigError('--format vsa must name a commit or tag, and none is given');
    const run = {
      ...{ counts, policySource: policy.source, trustDigest: context.trust.digest },
      ...factsJson(context),
    };
    const statement = {
      _type: STATEMENT,
      subject: subjects.map((subject) => subjectOf(subject, run)),
      predicateType: PREDICATE,
      predicate: {
        verifier: { id: VERIFIER_ID, version: { 'git-signet': version } },
        timeVerified: rfc3339(now),
        resourceUri: repositoryUri,
        policy: {
          uri: `urn:git-signet:policy:sha256:${policy.digest}`,
          digest: { sha256: policy.digest },
        },
        inputAttestations: [],
        verificationResult: passed ? 'PASSED' : 'FAILED',
        verifiedLevels: [passed ? LEVEL : 'FAILED'],
        slsaVersion: '1.2',
      },
    };
    put(`${jsonText(statement, 2)}\n`);
  };
  return { add: () => undefined, finish };
}

export const vsa: ReportFormat = {
  meaning: 'SLSA',
  named: true,
  piece: () => ({}),
  open: createVsa,
};
