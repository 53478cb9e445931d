/**
 * Writes a source verification summary of a run (SLSA 1.2: slsa.dev/spec/v1.2/verification_summary and
 * slsa.dev/spec/v1.2/source-requirements) as an in-toto Statement v1. It says that these commits of this repository were
 * judged by this policy, and passed or failed. It is made from the verdicts alone, after the last of them. It says PASSED
 * only if every object is verified.
 */

import { RUN_FORMAT, VERIFIER_ID, VSA_TYPE } from '../core/statement/source-vsa.ts';
import { ConfigError } from '../errors.ts';
import type { Rendered, ReportContext, ReportFormat, ReportSubject, Writer } from './format.ts';
import { jsonText } from './json.ts';
import { rfc3339 } from './json-parts.ts';
import type { Counts } from './judged.ts';
import { factsJson, type RunProof } from './run-facts.ts';
import { FAILED, sourceLevels } from './source-levels.ts';

const STATEMENT = 'https://in-toto.io/Statement/v1';
const NOTHING_PROVED: RunProof = { twoParty: false, leftOut: [] };

/**
 * What this program adds is an annotation. The readers that are built on in-toto's protobuf types refuse a predicate with
 * any other field, and `verifier.version` is one of them.
 */
function subjectOf(subject: ReportSubject, run: object): unknown {
  const { id, type, name, base, sourceRefs = [] } = subject;
  const digest = type === 'tag' ? { gitTag: id } : { gitCommit: id };
  const gitSignet = { revision: name, without: base, ...run };
  return { name, digest, annotations: { sourceRefs, gitSignet } };
}

/** Returns the attestations that were used, if they are all known. The list must name all of them, or none. */
function inputsOf({ statements = false, summaries = [] }: RunProof): object {
  if (statements || summaries.length === 0) return {};
  return { inputAttestations: summaries.map((sha256) => ({ digest: { sha256 } })) };
}

/** @throws ConfigError if no policy or no repository is named, because a summary must name them */
function createVsa(context: ReportContext): Writer {
  const { policy, subjects, repositoryUri, version, now, put } = context;
  const { proof = NOTHING_PROVED } = context;
  let carried = 0;
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
    const levels = passed ? sourceLevels({ proof, subjects, carried }) : undefined;
    const run = {
      ...{ format: RUN_FORMAT, version, ref: proof.ref ?? null, leftOut: proof.leftOut },
      ...{ notClaimed: levels?.notClaimed ?? {}, counts, startedBy: proof.summaries ?? [] },
      ...{ policySource: policy.source, trustDigest: context.trust.digest },
      // a summary says what was proved, and not how much of it was proved before
      ...factsJson({ ...context, store: undefined }),
    };
    const statement = {
      _type: STATEMENT,
      subject: subjects.map((subject) => subjectOf(subject, run)),
      predicateType: VSA_TYPE,
      predicate: {
        verifier: { id: VERIFIER_ID },
        timeVerified: rfc3339(now),
        resourceUri: repositoryUri,
        policy: {
          uri: `urn:git-signet:policy:sha256:${policy.digest}`,
          digest: { sha256: policy.digest },
        },
        ...inputsOf(proof),
        verificationResult: passed ? 'PASSED' : 'FAILED',
        verifiedLevels: levels?.verified ?? [FAILED],
        slsaVersion: '1.2',
      },
    };
    put(`${jsonText(statement, 2)}\n`);
  };
  const add = (result: Rendered): void => {
    if (result.carried === true) carried += 1;
  };
  return { add, finish };
}

export const vsa: ReportFormat = {
  meaning: 'a SLSA summary',
  named: true,
  piece: ({ verdict }) => ('carried' in verdict ? { carried: true } : {}),
  open: createVsa,
};
