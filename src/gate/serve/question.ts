/** Reads a question of `git signet serve`: one JSON object a line (schema/serve.schema.json). */

import { fromBase64 } from '../../core/bytes.ts';
import { isRecord, type Json } from '../../core/json.ts';
import { JsonFault, readStrictJson } from '../../core/strict-json.ts';
import type { ErrorCode } from '../../errors.ts';
import { MAX_DEADLINE, MAX_ID, MAX_LINE, MAX_MARKS } from './limits.ts';

/** The code of an answer that holds no verdict. */
export type ServeCode =
  | 'BAD_LINE'
  | 'BAD_QUESTION'
  | 'ID_IN_USE'
  | 'UNKNOWN_POLICY'
  | 'NO_REPOSITORY'
  | 'REPOSITORY_NEEDED'
  | 'DEADLINE'
  | 'CANCELLED'
  | 'STOPPING'
  | 'INTERNAL'
  | ErrorCode;

/** Why a question has no verdict. It becomes an answer, and the conversation goes on. */
export class NoVerdict extends Error {
  readonly code: ServeCode;
  constructor(code: ServeCode, detail: string) {
    super(detail);
    this.name = 'NoVerdict';
    this.code = code;
  }
}

/** The object that a question is about: a hash in the repository, or bytes. */
export type AskedObject =
  | { readonly kind: 'held'; readonly object: string }
  | {
      readonly kind: 'raw';
      readonly type: 'commit' | 'tag';
      readonly raw: Uint8Array;
      /** The hash that it must have, if the asker says so. */
      readonly object: string | undefined;
    }
  | { readonly kind: 'parts'; readonly payload: Uint8Array; readonly signature: Uint8Array };

export interface VerifyQuestion {
  readonly kind: 'verify';
  readonly id: string;
  /** The name of a policy. If undefined, the asker wants any signer to pass. */
  readonly policy: string | undefined;
  readonly about: AskedObject;
  /** The format of the object in bytes, if the asker says so. */
  readonly format: 'sha1' | 'sha256' | undefined;
  /** The bytes are judged without the repository: no parents, no changes of the policy. */
  readonly alone: boolean;
  /** Milliseconds. */
  readonly deadline: number | undefined;
}

/** A line that an asker wrote. */
export type ServeLine =
  | VerifyQuestion
  | { readonly kind: 'reload'; readonly id: string }
  | { readonly kind: 'cancel'; readonly cancel: string };

const MARKS = ['{', '[', ',', ':'].map((mark) => mark.charCodeAt(0));
const HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

function hasManyMarks(line: Uint8Array): boolean {
  let left = MAX_MARKS;
  for (const mark of MARKS) {
    for (let at = line.indexOf(mark); at !== -1; at = line.indexOf(mark, at + 1)) {
      left -= 1;
      if (left < 0) return true;
    }
  }
  return false;
}

function parsed(line: Uint8Array): Json {
  const badly = (what: string): NoVerdict => new NoVerdict('BAD_LINE', what);
  if (hasManyMarks(line)) throw badly('the line is no question: it has too many fields');
  let value: unknown;
  try {
    value = readStrictJson(line, { maxBytes: MAX_LINE, maxDepth: MAX_MARKS });
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw badly(`the line is no question: ${error.message}`);
  }
  if (!isRecord(value)) throw badly('the line is not a JSON object');
  return value;
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID;
}

const bad = (detail: string): NoVerdict => new NoVerdict('BAD_QUESTION', detail);

/** Refuses fields that a question of this kind does not have. A misspelt field must not be without effect. */
function onlyFields(question: Json, names: readonly string[]): void {
  const other = Object.keys(question).find((name) => !names.includes(name));
  if (other !== undefined) throw bad(`unknown field or wrong combination: ${other.slice(0, 40)}`);
}

function bytesOf(question: Json, name: string): Uint8Array {
  const value = question[name];
  const bytes = typeof value === 'string' ? fromBase64(value) : undefined;
  if (bytes === undefined) throw bad(`${name} is not base64`);
  return bytes;
}

function hashOf(value: unknown): string {
  if (typeof value === 'string' && HASH.test(value)) return value;
  throw bad('object is not a full hash in lower case');
}

const SHARED = ['id', 'policy', 'deadlineMs'];

function aboutOf(question: Json): AskedObject {
  const { object, type } = question;
  if ('raw' in question) {
    onlyFields(question, [...SHARED, 'format', 'alone', 'raw', 'type', 'object']);
    if (type !== 'commit' && type !== 'tag') throw bad('type is neither commit nor tag');
    const named = object === undefined ? undefined : hashOf(object);
    return { kind: 'raw', type, raw: bytesOf(question, 'raw'), object: named };
  }
  if ('payload' in question || 'signature' in question) {
    onlyFields(question, [...SHARED, 'format', 'alone', 'payload', 'signature']);
    const [payload, signature] = [bytesOf(question, 'payload'), bytesOf(question, 'signature')];
    return { kind: 'parts', payload, signature };
  }
  onlyFields(question, [...SHARED, 'object']);
  return { kind: 'held', object: hashOf(object) };
}

function verifyQuestion(question: Json, id: string): VerifyQuestion {
  const { policy, deadlineMs: deadline, format, alone } = question;
  if (policy !== undefined && typeof policy !== 'string') throw bad('policy is not a name');
  if (format !== undefined && format !== 'sha1' && format !== 'sha256') {
    throw bad('format is neither sha1 nor sha256');
  }
  if (alone !== undefined && typeof alone !== 'boolean')
    throw bad('alone is neither true nor false');
  const whole = typeof deadline === 'number' && Number.isInteger(deadline) ? deadline : undefined;
  if (deadline !== undefined && (whole === undefined || whole < 1 || whole > MAX_DEADLINE)) {
    throw bad(`deadlineMs is not a whole number from 1 to ${MAX_DEADLINE}`);
  }
  const about = aboutOf(question);
  return { kind: 'verify', id, policy, about, format, alone: alone === true, deadline: whole };
}

/** What a line asks, or why it cannot be read. `id` is known if the line is a JSON object with a valid one. */
export type ReadLine =
  | { readonly line: ServeLine }
  | { readonly id: string | undefined; readonly problem: NoVerdict };

/** Reads one line. It throws nothing, because every line of an asker has an answer. */
export function readServeLine(bytes: Uint8Array): ReadLine {
  let id: string | undefined;
  try {
    const question = parsed(bytes);
    if ('cancel' in question) {
      onlyFields(question, ['cancel']);
      if (!isId(question['cancel'])) throw bad('cancel is not the id of a question');
      return { line: { kind: 'cancel', cancel: question['cancel'] } };
    }
    if (!isId(question['id'])) throw bad(`id is not a text of 1 to ${MAX_ID} characters`);
    id = question['id'];
    if ('reload' in question) {
      onlyFields(question, ['id', 'reload']);
      if (question['reload'] !== true) throw bad('reload is not true');
      return { line: { kind: 'reload', id } };
    }
    return { line: verifyQuestion(question, id) };
  } catch (error) {
    if (error instanceof NoVerdict) return { id, problem: error };
    throw error;
  }
}
