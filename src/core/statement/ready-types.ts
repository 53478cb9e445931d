/**
 * The statements that this program knows by a short name, with the fields that the in-toto attestation specification
 * demands of each predicate (github.com/in-toto/attestation, spec/predicates and spec/v1). Fields
 * that are not listed may stand there, because the specification lets producers extend a predicate.
 */

import { isRecord, type Json } from '../json.ts';

/** A type of statement with a short name. */
export interface ReadyType {
  /** The predicate type. */
  readonly uri: string;
  /** A clause in lower case, for help and documents. */
  readonly meaning: string;
  /** Returns what is wrong with a predicate, or undefined. */
  readonly fault: (predicate: Json) => string | undefined;
  /** Returns true if the predicate says yes. A rule of a policy asks for that. */
  readonly passes: (predicate: Json) => boolean;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

/** Returns what is wrong with the first field that is there and not as it should be. */
function optional(
  predicate: Json,
  fields: Readonly<Record<string, (value: unknown) => boolean>>,
): string | undefined {
  const wrong = Object.entries(fields).find(([name, fits]) => {
    return predicate[name] !== undefined && !fits(predicate[name]);
  });
  return wrong === undefined ? undefined : `\`${wrong[0]}\` has a wrong value`;
}

function isDigests(value: unknown): boolean {
  const digests = isRecord(value) ? Object.values(value) : [];
  return digests.length > 0 && digests.every(isText);
}

/** Returns what is wrong with a list of resource descriptors. Each must have a uri, a digest or a content. */
function descriptorsFault(
  value: unknown,
  name: string,
  needed: readonly string[] = [],
): string | undefined {
  if (!Array.isArray(value)) return `\`${name}\` is no list`;
  for (const item of value) {
    if (!isRecord(item)) return `\`${name}\` holds something else than objects`;
    const named = isText(item['uri']) || isDigests(item['digest']) || isText(item['content']);
    if (!named) return `an item of \`${name}\` has neither uri nor digest nor content`;
    const missing = needed.find((field) => !isText(item[field]));
    if (missing !== undefined) return `an item of \`${name}\` has no \`${missing}\``;
  }
  return undefined;
}

const RESULTS = ['PASSED', 'WARNED', 'FAILED'];

function testResultFault(predicate: Json): string | undefined {
  const { result, configuration } = predicate;
  if (!RESULTS.includes(String(result))) return `\`result\` is not ${RESULTS.join(', ')}`;
  return (
    descriptorsFault(configuration, 'configuration') ??
    optional(predicate, {
      ...{ url: isText, passedTests: isTexts, warnedTests: isTexts, failedTests: isTexts },
    })
  );
}

function referenceFault({ attester, references }: Json): string | undefined {
  if (!isRecord(attester) || !isText(attester['id'])) return '`attester` has no `id`';
  if (!Array.isArray(references) || references.length === 0) return '`references` is no list';
  return descriptorsFault(references, 'references', ['downloadLocation', 'mediaType']);
}

function reviewFault(predicate: Json): string | undefined {
  if (predicate['result'] !== 'pass' && predicate['result'] !== 'fail') {
    return '`result` is not pass or fail';
  }
  return optional(predicate, { reviewLink: isText, timestamp: isText });
}

/** The types by their short names. */
export const READY_TYPES: Readonly<Record<string, ReadyType>> = {
  'test-result': {
    uri: 'https://in-toto.io/attestation/test-result/v0.1',
    meaning: 'the result of a run of tests',
    fault: testResultFault,
    passes: ({ result, failedTests = [] }) =>
      result === 'PASSED' && Array.isArray(failedTests) && failedTests.length === 0,
  },
  sbom: {
    uri: 'https://in-toto.io/attestation/reference/v0.1',
    meaning: 'a link to a bill of materials, with its digest',
    fault: referenceFault,
    passes: (predicate) => referenceFault(predicate) === undefined,
  },
  review: {
    uri: 'https://in-toto.io/attestation/human-review/v0.1',
    meaning: 'the result of a review by a person',
    fault: reviewFault,
    passes: ({ result }) => result === 'pass',
  },
};

/** Returns the predicate type that a short name means. Any other text is a predicate type itself. */
export function predicateTypeOf(name: string): string {
  return Object.hasOwn(READY_TYPES, name) ? (READY_TYPES[name]?.uri ?? name) : name;
}

/** Returns the ready type of a predicate type, if it is one. */
export function readyTypeOf(predicateType: string): ReadyType | undefined {
  return Object.values(READY_TYPES).find(({ uri }) => uri === predicateType);
}
