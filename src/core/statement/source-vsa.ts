/**
 * Reads source verification summaries (SLSA 1.2: slsa.dev/spec/v1.2/verification_summary, source-requirements and
 * verifying-source), and compares one with what a consumer expects. Fields and levels that are not known are ignored, as
 * the specification asks. A known field of another shape refuses the summary.
 */

import { isRecord, type Json } from '../json.ts';
import { Refusal } from '../verdict.ts';
import type { Statement, StatementSubject } from './statement.ts';

export const VSA_TYPE = 'https://slsa.dev/verification_summary/v1';
/** The verifier that this program is. */
export const VERIFIER_ID = 'urn:git-signet:verifier';
/** The form of `annotations.gitSignet`. A reader that does not know it takes nothing from it. */
export const RUN_FORMAT = 1;

/** What this program adds about the run. */
export interface SummaryRun {
  /** The ref whose rules judged the commits. Undefined if none was named. */
  readonly ref: string | undefined;
  /** Checks that the run left out. */
  readonly leftOut: readonly string[];
  /** Full hashes that were not judged, with all their ancestors. Empty if the run was about a single object. */
  readonly without: readonly string[];
  /** SHA-256 of the trust root, lower-case hex. */
  readonly trustDigest: string;
}

/** An object that the summary is about. */
export interface SummarySubject extends Pick<StatementSubject, 'type' | 'id'> {
  readonly sourceRefs: readonly string[];
  /** Undefined in summaries by other programs. */
  readonly run: SummaryRun | undefined;
}

/** A source verification summary. Nothing in it is proved but by its signer. */
export interface SourceVsa {
  readonly subjects: readonly SummarySubject[];
  readonly verifierId: string;
  /** Unix seconds. */
  readonly timeVerified?: number | undefined;
  readonly resourceUri: string;
  readonly policyUri: string;
  /** Lower-case hex. */
  readonly policySha256?: string | undefined;
  readonly passed: boolean;
  readonly levels: readonly string[];
  readonly slsaVersion?: string | undefined;
}

function malformed(field: string, expected: string): Refusal {
  return new Refusal('statement-malformed', `${field}: expected ${expected}`);
}

function textAt(fields: Json, key: string, name: string): string {
  const value = fields[key];
  if (typeof value === 'string' && value !== '') return value;
  throw malformed(name, 'text');
}

function textsAt(fields: Json, key: string, name: string): readonly string[] {
  const value = fields[key] ?? [];
  const isTexts = Array.isArray(value) && value.every((each) => typeof each === 'string');
  if (isTexts) return value as readonly string[];
  throw malformed(name, 'a list of texts');
}

function recordAt(fields: Json, key: string, name: string): Json {
  const value = fields[key];
  if (isRecord(value)) return value;
  throw malformed(name, 'keys and values');
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function timeOf(predicate: Json): number | undefined {
  const value = predicate['timeVerified'];
  if (value === undefined) return undefined;
  const time = typeof value === 'string' && TIME.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw malformed('timeVerified', 'an RFC 3339 time');
  return Math.floor(time / 1000);
}

const HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Reads what this program adds. Anything that it would not write counts as nothing. */
function runOf(value: unknown): SummaryRun | undefined {
  if (!isRecord(value) || value['format'] !== RUN_FORMAT) return undefined;
  const { ref, leftOut, without = [], trustDigest } = value;
  const texts = (list: unknown): list is readonly string[] =>
    Array.isArray(list) && list.every((each) => typeof each === 'string');
  if (ref !== null && typeof ref !== 'string') return undefined;
  if (!texts(leftOut) || !texts(without) || !without.every((id) => HASH.test(id))) return undefined;
  if (typeof trustDigest !== 'string') return undefined;
  return { ref: ref ?? undefined, leftOut, without, trustDigest };
}

function subjectOf({ type, id, annotations = {} }: StatementSubject): SummarySubject {
  const sourceRefs = textsAt(annotations, 'sourceRefs', 'annotations.sourceRefs');
  return { type, id, sourceRefs, run: runOf(annotations['gitSignet']) };
}

/** Returns the summary. @throws Refusal statement-malformed, also for statements of another type */
export function readSourceVsa({ subjects, predicateType, predicate }: Statement): SourceVsa {
  if (predicateType !== VSA_TYPE) throw malformed('predicateType', VSA_TYPE);
  const result = textAt(predicate, 'verificationResult', 'verificationResult');
  if (result !== 'PASSED' && result !== 'FAILED') {
    throw malformed('verificationResult', 'PASSED or FAILED');
  }
  const policy = recordAt(predicate, 'policy', 'policy');
  const digest = isRecord(policy['digest']) ? policy['digest']['sha256'] : undefined;
  const version = predicate['slsaVersion'];
  return {
    subjects: subjects.map(subjectOf),
    verifierId: textAt(recordAt(predicate, 'verifier', 'verifier'), 'id', 'verifier.id'),
    timeVerified: timeOf(predicate),
    resourceUri: textAt(predicate, 'resourceUri', 'resourceUri'),
    policyUri: textAt(policy, 'uri', 'policy.uri'),
    policySha256: typeof digest === 'string' ? digest : undefined,
    passed: result === 'PASSED',
    levels: textsAt(predicate, 'verifiedLevels', 'verifiedLevels'),
    slsaVersion:
      version === undefined ? undefined : textAt(predicate, 'slsaVersion', 'slsaVersion'),
  };
}

/** What a consumer expects of a summary. */
export interface SummaryExpectation {
  /** Full hash of the commit or tag. */
  readonly id: string;
  readonly repository: string;
  readonly verifierId: string;
  readonly ref?: string | undefined;
  /** A number is a level of the source track. A text is a property. All of them must be there. */
  readonly levels: readonly (number | string)[];
  /** Unix seconds. Older summaries do not count. */
  readonly notBefore?: number | undefined;
}

const LEVEL = /^SLSA_SOURCE_LEVEL_(\d)$/;

function lacks({ levels }: SourceVsa, wanted: number | string): boolean {
  if (typeof wanted === 'string') return !levels.includes(wanted);
  const own = levels.flatMap((name) => LEVEL.exec(name)?.[1] ?? []);
  // a level twice or two levels of one track break a MUST, so such a summary has none
  return own.length !== 1 || Number(own[0]) < wanted;
}

function nameOf(wanted: number | string): string {
  return typeof wanted === 'string' ? wanted : `SLSA_SOURCE_LEVEL_${wanted}`;
}

/** Returns the subject that has this full hash. */
export function subjectFor({ subjects }: SourceVsa, id: string): SummarySubject | undefined {
  return subjects.find((subject) => subject.id === id);
}

/** Returns why a summary is about something else than the consumer asks for, or undefined if it is about that. */
export function whyNotAbout(vsa: SourceVsa, expected: SummaryExpectation): string | undefined {
  const { id, repository, verifierId, ref } = expected;
  const subject = subjectFor(vsa, id);
  if (subject === undefined) return `it is not about ${id}`;
  if (vsa.verifierId !== verifierId) return `its verifier is ${vsa.verifierId}, not ${verifierId}`;
  if (vsa.resourceUri !== repository) return `it is about ${vsa.resourceUri}, not ${repository}`;
  if (ref !== undefined && !subject.sourceRefs.includes(ref)) {
    const known = subject.sourceRefs.length === 0 ? 'no ref' : subject.sourceRefs.join(', ');
    return `it says that ${known} pointed to it, not ${ref}`;
  }
  return undefined;
}

/** Returns why a summary does not say what the consumer asks for. `time` is when it was signed, in Unix seconds. */
export function whyNotEnough(
  vsa: SourceVsa,
  { levels, notBefore }: SummaryExpectation,
  time: number,
): string | undefined {
  if (vsa.slsaVersion !== undefined && !/^1\.\d{1,4}$/.test(vsa.slsaVersion)) {
    return `it follows SLSA ${vsa.slsaVersion}, which is not known here`;
  }
  if (!vsa.passed || vsa.levels.includes('FAILED')) return 'it says FAILED';
  const missing = levels.find((wanted) => lacks(vsa, wanted));
  if (missing !== undefined) {
    return `it says ${vsa.levels.join(', ') || 'no level'}, and ${nameOf(missing)} is asked for`;
  }
  const oldest = Math.min(time, vsa.timeVerified ?? time);
  return notBefore !== undefined && oldest < notBefore ? 'it is too old' : undefined;
}
