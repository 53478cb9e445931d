/**
 * Writes a verification summary of a run (slsa.dev/spec/v1.0/verification_summary) as an in-toto Statement v1. It says
 * that these commits were judged by this policy, and passed or failed. It is made from the verdicts alone, after the
 * last of them. It says PASSED only if every object is verified.
 */

import { ConfigError } from '../errors.ts';
import type { ReportContext, ReportFormat, ReportSubject, Writer } from './format.ts';
import { jsonText, rfc3339 } from './json.ts';
import type { Counts } from './judged.ts';
import { factsJson } from './run-facts.ts';

const STATEMENT = 'https://in-toto.io/Statement/v1';
const PREDICATE = 'https://slsa.dev/verification_summary/v1';
export const VERIFIER_ID = 'urn:git-signet:verifier';
/** The level of a passed run. Names that begin with SLSA_ belong to the specification. */
const LEVEL = 'GIT_SIGNET_ALL_SIGNED_BY_POLICY';

function subjectOf({ id, type, name, base }: ReportSubject): unknown {
  const digest = type === 'tag' ? { gitTag: id } : { gitCommit: id };
  const annotations = { revision: name, without: base };
  return { name, digest: id.length === 40 ? { sha1: id, ...digest } : digest, annotations };
}

function resourceOf({ id, type }: ReportSubject): string {
  return `gitoid:${type}:${id.length === 40 ? 'sha1' : 'sha256'}:${id}`;
}

/** @throws ConfigError if no policy is named, because a summary must name the policy */
function createVsa(context: ReportContext): Writer {
  const { policy, subjects, version, now, put } = context;
  if (policy === undefined) {
    throw new ConfigError('--format vsa must name the policy of the run, and none is given', {
      hint: 'add: --policy FILE, or --policy-from REV',
    });
  }
  const finish = (counts: Counts, passed: boolean): void => {
    const [first] = subjects;
    if (first === undefined)
      throw new ConfigError('--format vsa must name a commit or tag, and none is given');
    const statement = {
      _type: STATEMENT,
      subject: subjects.map(subjectOf),
      predicateType: PREDICATE,
      predicate: {
        verifier: { id: VERIFIER_ID, version: { 'git-signet': version } },
        timeVerified: rfc3339(now),
        resourceUri: resourceOf(first),
        policy: {
          uri: `urn:git-signet:policy:sha256:${policy.digest}`,
          digest: { sha256: policy.digest },
        },
        inputAttestations: [],
        verificationResult: passed ? 'PASSED' : 'FAILED',
        verifiedLevels: [passed ? LEVEL : 'FAILED'],
        slsaVersion: '1.0',
        gitSignet: {
          ...{ counts, policySource: policy.source, trustDigest: context.trust.digest },
          ...factsJson(context),
        },
      },
    };
    put(`${jsonText(statement, 2)}\n`);
  };
  return { add: () => undefined, finish };
}

export const vsa: ReportFormat = {
  meaning: 'in-toto summary',
  named: true,
  piece: () => ({}),
  open: createVsa,
};
