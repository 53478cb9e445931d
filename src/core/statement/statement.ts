/**
 * Reads and writes in-toto statements (in-toto.io/Statement/v1) about objects of git, strictly. A statement says something
 * (the predicate) about commits, tags or trees (the subjects). It is the fourth kind of payload that may be signed, and it
 * is no other kind, because it begins with a brace.
 */

import { utf8 } from '../bytes.ts';
import { isRecord, type Json } from '../json.ts';
import { JsonFault, readStrictJson } from '../strict-json.ts';
import { Refusal } from '../verdict.ts';

/** The kinds of object that a statement may be about. */
export type SubjectType = 'commit' | 'tag' | 'tree';

export interface StatementSubject {
  readonly type: SubjectType;
  /** Full hash in lower-case hex. */
  readonly id: string;
  readonly name?: string;
  readonly uri?: string;
  readonly annotations?: Json;
}

export interface Statement {
  /** At least one. */
  readonly subjects: readonly StatementSubject[];
  /** A URI. */
  readonly predicateType: string;
  readonly predicate: Json;
}

/** Most bytes of a statement, which is room for a large bill of materials. */
export const MAX_STATEMENT = 16 * 1024 * 1024;
const MAX_DEPTH = 64;
const MAX_SUBJECTS = 1024;
/** Most characters of a predicate type, a name or a URI. */
const MAX_TEXT = 2048;

const TYPE = 'https://in-toto.io/Statement/v1';
/** The names of digests of git objects in in-toto's set of digests. */
const DIGESTS = { commit: 'gitCommit', tag: 'gitTag', tree: 'gitTree' } as const;
const TYPES = Object.keys(DIGESTS) as SubjectType[];
const HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const URI = /^[a-z][a-z0-9+.-]*:[^\s\p{Cc}]+$/iu;

function malformed(detail: string): Refusal {
  return new Refusal('statement-malformed', `the statement is malformed: ${detail}`);
}

/** Returns the object if it has all of `names`, perhaps some of `more`, and nothing else. */
function exact(
  value: unknown,
  what: string,
  names: readonly string[],
  more: readonly string[] = [],
): Json {
  if (!isRecord(value)) throw malformed(`${what} is no object`);
  const keys = Object.keys(value);
  const missing = names.find((name) => !keys.includes(name));
  if (missing !== undefined) throw malformed(`${what} has no \`${missing}\``);
  const unknown = keys.find((key) => !names.includes(key) && !more.includes(key));
  if (unknown !== undefined) throw malformed(`${what} has an unknown \`${unknown.slice(0, 40)}\``);
  return value;
}

function readSubject(value: unknown): StatementSubject {
  const json = exact(value, 'a subject', ['digest'], ['name', 'uri', 'annotations']);
  const { digest, name, uri, annotations } = json;
  const [key = '', ...others] = isRecord(digest) ? Object.keys(digest) : [];
  const type = TYPES.find((each) => DIGESTS[each] === key);
  if (type === undefined || others.length > 0) {
    throw malformed('a subject has not exactly one of gitCommit, gitTag and gitTree');
  }
  const id = (digest as Json)[key];
  if (typeof id !== 'string' || !HASH.test(id)) throw malformed(`\`${key}\` is no full hash`);
  if (annotations !== undefined && !isRecord(annotations)) {
    throw malformed('`annotations` is no object');
  }
  return {
    ...{ type, id },
    ...(name === undefined ? {} : { name: textOf(name, 'name') }),
    ...(uri === undefined ? {} : { uri: textOf(uri, 'uri') }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function textOf(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '' || value.length > MAX_TEXT) {
    throw malformed(`\`${what}\` is no text of 1 to ${MAX_TEXT} characters`);
  }
  return value;
}

/** Reads a statement. @throws Refusal `statement-malformed` for any other bytes */
export function readStatement(bytes: Uint8Array): Statement {
  // white space before the brace would let a payload begin as another kind does
  if (bytes[0] !== 0x7b) throw malformed('it does not begin with a brace');
  const json = exact(readJson(bytes), 'it', ['_type', 'subject', 'predicateType', 'predicate']);
  if (json['_type'] !== TYPE) throw malformed(`\`_type\` is not ${TYPE}`);
  const { subject, predicate } = json;
  if (!Array.isArray(subject) || subject.length === 0 || subject.length > MAX_SUBJECTS) {
    throw malformed(`\`subject\` is no list of 1 to ${MAX_SUBJECTS} items`);
  }
  const predicateType = textOf(json['predicateType'], 'predicateType');
  if (!URI.test(predicateType)) throw malformed('`predicateType` is no URI');
  if (!isRecord(predicate)) throw malformed('`predicate` is no object');
  return { subjects: subject.map(readSubject), predicateType, predicate };
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return readStrictJson(bytes, { maxBytes: MAX_STATEMENT, maxDepth: MAX_DEPTH });
  } catch (error) {
    if (error instanceof JsonFault) throw malformed(error.message);
    throw error;
  }
}

/** Writes a statement. @throws Refusal `statement-malformed` if no reader would accept it */
export function writeStatement({ subjects, predicateType, predicate }: Statement): Uint8Array {
  const subject = subjects.map(({ type, id, name, uri, annotations }) => ({
    ...{ name, uri, digest: { [DIGESTS[type]]: id }, annotations },
  }));
  const bytes = utf8(JSON.stringify({ _type: TYPE, subject, predicateType, predicate }));
  readStatement(bytes);
  return bytes;
}

/** Returns one line about a statement: its predicate type, its first subject, and the ref that it may name. Raw text. @throws Refusal `statement-malformed` */
export function statementLine(bytes: Uint8Array): string {
  const { predicateType, subjects, predicate } = readStatement(bytes);
  const [first] = subjects;
  const more = subjects.length > 1 ? ` and ${subjects.length - 1} more` : '';
  const { ref } = predicate;
  // an approval must not be given for another ref than its signer means
  const place = typeof ref === 'string' ? ` for ${ref.slice(0, 200)}` : '';
  return `${predicateType} about ${first?.type} ${first?.id.slice(0, 12)}${more}${place}`;
}
