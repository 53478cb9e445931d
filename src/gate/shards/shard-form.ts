/** Says what each line of a shard may hold, down to the last field. Anything else in it is an error, and reaches no report. */

import { isRecord } from '../../core/json.ts';
import { REFUSAL_CODES } from '../../report/refusals/pages.ts';
import { FORM, MAX_SHARDS } from './shard-file.ts';

/** Returns what is wrong with a value, or undefined if it has the form. `at` names the value. */
export type Form = (value: unknown, at: string) => string | undefined;

/** Unix seconds of the first and the last date that a certificate can hold: 0000-01-01 and 9999-12-31. */
const FIRST_TIME = -62_167_219_200;
const LAST_TIME = 253_402_300_799;
/** Most times of a signature: one by a log and one by a timestamp authority. More are also more than `Math.max` takes. */
const MAX_TIMES = 2;
const MAX_FINDINGS = 1024;
/** Characters of an unknown field that a message shows. */
const SHOWN = 40;

const is =
  (what: string, good: (value: unknown) => boolean): Form =>
  (value, at) =>
    good(value) ? undefined : `${at} is not ${what}`;

const matching = (what: string, pattern: RegExp): Form =>
  is(what, (value) => typeof value === 'string' && pattern.test(value));

const whole = (what: string, most: number): Form =>
  is(what, (value) => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= most);

const oneOf = (what: string, words: readonly unknown[]): Form =>
  is(what, (value) => words.includes(value));

const exactly = (value: string | number | boolean): Form => oneOf(String(value), [value]);

const list =
  (each: Form, least: number, most: number): Form =>
  (value, at) => {
    if (!Array.isArray(value)) return `${at} is not a list`;
    if (value.length < least || value.length > most)
      return `${at} has ${value.length} items, not ${least} to ${most}`;
    return firstOf(value, (item, index) => each(item, `${at}[${index}]`));
  };

type Fields = Readonly<Record<string, Form>>;

/** Returns the first thing that is wrong with any item. */
function firstOf<T>(
  items: readonly T[],
  wrongWith: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const wrong = wrongWith(item, index);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** Returns the form of an object with these fields and no others. */
function object(fields: Fields, optional: Fields = {}): Form {
  const known = new Map(Object.entries({ ...fields, ...optional }));
  return (value, at) => {
    if (!isRecord(value)) return `${at} is not an object`;
    const inside = (name: string): string => (at === '' ? name : `${at}.${name}`);
    const missing = Object.keys(fields).find((name) => !Object.hasOwn(value, name));
    if (missing !== undefined) return `${inside(missing)} is missing`;
    return firstOf(Object.entries(value), ([name, field]) => {
      const form = known.get(name);
      return form === undefined
        ? `${inside(name.slice(0, SHOWN))} is no field of a shard`
        : form(field, inside(name));
    });
  };
}

const table =
  (each: Form): Form =>
  (value, at) => {
    if (!isRecord(value)) return `${at} is not an object`;
    return firstOf(Object.entries(value), ([name, field]) =>
      each(field, `${at}.${name.slice(0, SHOWN)}`),
    );
  };

const text = is('a text', (value) => typeof value === 'string');
/** An argument. The system takes none with a NUL. */
const word = is(
  'a text without NUL',
  (value) => typeof value === 'string' && !value.includes('\0'),
);
const count = whole('a whole number', Number.MAX_SAFE_INTEGER);
const time = is(
  'a time in Unix seconds',
  (value) => typeof value === 'number' && value >= FIRST_TIME && value <= LAST_TIME,
);
const sha256 = matching('a SHA-256 in hex', /^[0-9a-f]{64}$/);
const keyKind = oneOf('openpgp or ssh', ['openpgp', 'ssh']);
const code = oneOf('a reason code', REFUSAL_CODES);

const SIGNER = object({
  kind: oneOf('a kind of name', ['email', 'uri', 'dns', 'ip', 'otherName', 'openpgp', 'ssh']),
  value: text,
  issuer: text,
  extensions: table(text),
});
const CERTIFICATE = object({
  ...{ sha1: matching('a SHA-1 in hex', /^[0-9a-f]{40}$/), sha256 },
  ...{ notBefore: time, notAfter: time },
});
const LOG_ENTRY = object(
  { logId: sha256, logIndex: matching('a decimal number', /^\d{1,20}$/), kindVersion: text },
  { integratedTime: time },
);
const TIME = object({
  source: oneOf('rekor or timestamp-authority', ['rekor', 'timestamp-authority']),
  time,
  authority: sha256,
});
const FINDINGS = list(
  object({ code, detail: text, severity: oneOf('refusal or note', ['refusal', 'note']) }),
  ...[0, MAX_FINDINGS],
);

const EVIDENCE: Fields = {
  signer: SIGNER,
  certificate: CERTIFICATE,
  times: list(TIME, 1, MAX_TIMES),
};
const REFUSED_BY_POLICY: Fields = { check: exactly('policy'), code, detail: text };
const VERIFIED = exactly('verified');
const NOT_ALLOWED = exactly('not-allowed');

const verified = object(
  { status: VERIFIED, ...EVIDENCE },
  { logEntry: LOG_ENTRY, rule: text, findings: FINDINGS },
);
const notAllowed = object(
  { status: NOT_ALLOWED, ...EVIDENCE, ...REFUSED_BY_POLICY },
  { logEntry: LOG_ENTRY, findings: FINDINGS },
);
const keyVerified = object(
  { status: VERIFIED, kind: keyKind, signer: SIGNER, key: text, rule: text },
  { findings: FINDINGS },
);
const keyNotAllowed = object(
  { status: NOT_ALLOWED, kind: keyKind, ...REFUSED_BY_POLICY },
  { signer: SIGNER, claimedSigner: SIGNER, findings: FINDINGS },
);
const CHECKS = ['object', 'cms', 'content', 'signature', 'log', 'time', 'path', 'sct', 'policy'];
const rejected = object(
  {
    status: oneOf('a status', ['refused', 'undecided', 'unsigned']),
    check: oneOf('a check', CHECKS),
    ...{ code, detail: text },
  },
  { claimedSigner: SIGNER, certificate: CERTIFICATE, kind: keyKind },
);

/** The verdict on an object's own evidence. A shard says nothing about approvals or carried commits, which the merge settles. */
const outcome: Form = (value, at) => {
  const { status, kind } = isRecord(value) ? value : {};
  if (status === 'verified') return (kind === undefined ? verified : keyVerified)(value, at);
  if (status === 'not-allowed') return (kind === undefined ? notAllowed : keyNotAllowed)(value, at);
  return rejected(value, at);
};

const shard = whole(`a number from 1 to ${MAX_SHARDS}`, MAX_SHARDS);

/** The first line of a file. */
export const HEAD_FORM: Form = object({
  ...{ gitSignetShard: exactly(FORM), shard, of: shard },
  now: whole('a time in Unix seconds', LAST_TIME),
  ...{ words: list(word, 0, Number.MAX_SAFE_INTEGER), run: table(text) },
});

/** A line between the first and the last one. */
export const RECORD_FORM: Form = object(
  { id: matching('a full hash', /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/), outcome },
  { ref: word },
);

/** The last line. */
export const END_FORM: Form = object({
  end: exactly(true),
  ...{ judged: count, total: count, selection: sha256, lines: sha256 },
});
