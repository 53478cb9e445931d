/**
 * A consumer of source verification summaries, written from SLSA 1.2 (verification_summary, source-requirements,
 * verifying-source) and the in-toto Statement v1, and from nothing of `src`. It returns what it refuses, by field.
 */

export interface Expected {
  readonly verifierId: string;
  readonly commit: string;
  readonly repository: string;
  readonly ref: string;
  readonly level: number;
  readonly policySha256: string;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const LEVEL = /^SLSA_SOURCE_LEVEL_([0-4])$/;
const RESULT = /^(?:SLSA_(?:SOURCE|BUILD)_LEVEL_[0-4]|FAILED|ORG_SOURCE_[A-Z0-9_]+)$/;
const URI = /^[a-z][a-z0-9+.-]*:[^\s]+$/;
/** The fields of the predicate that the specification knows. */
const KNOWN = new Set([
  ...['verifier', 'timeVerified', 'resourceUri', 'policy', 'inputAttestations'],
  ...['verificationResult', 'verifiedLevels', 'dependencyLevels', 'slsaVersion'],
]);

function formFaults(statement: Fields): readonly string[] {
  const predicate = fieldsOf(statement['predicate']);
  const levels = listOf(predicate['verifiedLevels']);
  const subjects = listOf(statement['subject']).map(fieldsOf);
  const refs = subjects.flatMap((one) => listOf(fieldsOf(one['annotations'])['sourceRefs']));
  const time = predicate['timeVerified'];
  const checks: Readonly<Record<string, boolean>> = {
    _type: statement['_type'] === 'https://in-toto.io/Statement/v1',
    predicateType: statement['predicateType'] === 'https://slsa.dev/verification_summary/v1',
    subject:
      subjects.length > 0 &&
      subjects.every((one) => Object.keys(fieldsOf(one['digest'])).length > 0),
    'annotations.sourceRefs': refs.every((ref) => /^refs\/[^/]+\/.+/.test(String(ref))),
    'verifier.id': URI.test(String(fieldsOf(predicate['verifier'])['id'])),
    timeVerified:
      time === undefined || /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(String(time)),
    resourceUri: URI.test(String(predicate['resourceUri'])),
    'policy.uri': URI.test(String(fieldsOf(predicate['policy'])['uri'])),
    verificationResult: /^(PASSED|FAILED)$/.test(String(predicate['verificationResult'])),
    verifiedLevels: levels.length > 0 && levels.every((level) => RESULT.test(String(level))),
    'one level of a track': levels.filter((level) => LEVEL.test(String(level))).length <= 1,
    slsaVersion: /^1\.\d+$/.test(String(predicate['slsaVersion'] ?? '1.2')),
    'known fields': Object.keys(predicate).every((name) => KNOWN.has(name)),
  };
  return Object.keys(checks).filter((name) => checks[name] === false);
}

/** Returns the fields for which a statement is refused. An empty list means that it is accepted. */
export function sourceVsaFaults(text: string, expected: Expected): readonly string[] {
  const statement = fieldsOf(JSON.parse(text));
  const predicate = fieldsOf(statement['predicate']);
  const subject = listOf(statement['subject'])
    .map(fieldsOf)
    .find((one) => fieldsOf(one['digest'])['gitCommit'] === expected.commit);
  const refs = listOf(fieldsOf(subject?.['annotations'])['sourceRefs']);
  const level = listOf(predicate['verifiedLevels']).flatMap(
    (one) => LEVEL.exec(String(one))?.[1] ?? [],
  );
  const policy = fieldsOf(fieldsOf(predicate['policy'])['digest']);
  const checks: Readonly<Record<string, boolean>> = {
    'subject.digest': subject !== undefined,
    'subject.annotations.sourceRefs': refs.includes(expected.ref),
    'predicate.verifier.id': fieldsOf(predicate['verifier'])['id'] === expected.verifierId,
    'predicate.resourceUri': predicate['resourceUri'] === expected.repository,
    'predicate.verificationResult': predicate['verificationResult'] === 'PASSED',
    'predicate.verifiedLevels': Number(level[0] ?? -1) >= expected.level,
    'predicate.policy.digest': policy['sha256'] === expected.policySha256,
  };
  const refused = Object.keys(checks).filter((name) => checks[name] === false);
  return [...formFaults(statement), ...refused];
}
