/**
 * Reads plain data strictly. Unknown keys, empty texts and empty lists are errors with their place, and are never skipped
 * (threats P05, P11). signers.ts, object-rules.ts and policy.ts know the parts of a policy.
 */

import { ConfigError } from '../../errors.ts';

/** A step into a policy: keys and list positions from the top. */
export type Path = readonly (string | number)[];

/** Returns the place of a path in a policy file, for messages: `line 3, column 5`. */
export type Locate = (path: Path) => string;

export interface Reader {
  readonly source: string;
  readonly locate: Locate;
}

/** Keys and values, none of them unknown. */
export type Fields = Readonly<Record<string, unknown>>;

/** The next step for a policy that cannot be read. */
export const POLICY_HINT = 'what a policy may say: git signet help policy';

/** Returns the error at a place in the policy. */
export function fault(reader: Reader, path: Path, problem: string): ConfigError {
  return new ConfigError(`${reader.source}, ${reader.locate(path)}: ${problem}`, {
    code: 'POLICY_FILE',
    hint: POLICY_HINT,
  });
}

/** Reads keys and values with any keys. @throws ConfigError POLICY_FILE for any other data */
export function asAnyMap(reader: Reader, value: unknown, path: Path): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw fault(reader, path, 'expected keys and values');
  }
  return value as Fields;
}

/** @throws ConfigError POLICY_FILE for anything but keys and values, and for a key that is not among `keys` */
export function asMap(reader: Reader, value: unknown, path: Path, keys: readonly string[]): Fields {
  const map = asAnyMap(reader, value, path);
  for (const key of Object.keys(map)) {
    if (!keys.includes(key)) throw fault(reader, [...path, key], `unknown key '${key}'`);
  }
  return map;
}

/** @throws ConfigError POLICY_FILE for anything but text that is not empty */
export function asText(reader: Reader, value: unknown, path: Path): string {
  if (typeof value !== 'string' || value === '') {
    throw fault(reader, path, `'${nameOf(path)}' must be text and not empty`);
  }
  return value;
}

/** Returns the nearest key, to which a list item belongs. */
function nameOf(path: Path): string {
  return String(path.findLast((step) => typeof step === 'string') ?? 'policy');
}

/** Reads a list of at least one text, without duplicates. @throws ConfigError POLICY_FILE for any other data */
export function asTexts(reader: Reader, value: unknown, path: Path): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw fault(reader, path, `'${nameOf(path)}' must be a list, and not empty`);
  }
  const texts = value.map((item: unknown, index) => asText(reader, item, [...path, index]));
  const seen = new Set<string>();
  for (const [index, text] of texts.entries()) {
    if (seen.has(text)) throw fault(reader, [...path, index], `'${text}' twice`);
    seen.add(text);
  }
  return texts;
}

/** Reads one text or a list of texts. */
export function asTextOrTexts(reader: Reader, value: unknown, path: Path): readonly string[] {
  return Array.isArray(value) ? asTexts(reader, value, path) : [asText(reader, value, path)];
}

/** @throws ConfigError POLICY_FILE for anything but one of the words */
export function asWord<Word extends string>(
  reader: Reader,
  value: unknown,
  path: Path,
  words: readonly Word[],
): Word {
  const word = words.find((each) => each === value);
  if (word === undefined)
    throw fault(reader, path, `'${nameOf(path)}' must be ${words.join(' or ')}`);
  return word;
}

/** @throws ConfigError POLICY_FILE for anything but a whole number from `least` on */
export function asCount(reader: Reader, value: unknown, path: Path, least: number): number {
  if (!Number.isSafeInteger(value) || Number(value) < least) {
    throw fault(reader, path, `'${nameOf(path)}' must be a whole number, ${least} or more`);
  }
  return Number(value);
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400 };

/** Reads `90s`, `10m`, `24h` or `7d` as seconds. @throws ConfigError POLICY_FILE */
export function asDuration(reader: Reader, value: unknown, path: Path): number {
  const match = typeof value === 'string' ? /^(\d{1,6})([smhd])$/.exec(value) : null;
  const unit = UNITS[match?.[2] ?? ''];
  if (match === null || unit === undefined) {
    throw fault(reader, path, `'${nameOf(path)}' must be a time such as 90s, 10m, 24h or 7d`);
  }
  return Number(match[1]) * unit;
}

/**
 * Reads `2026-01-31` or `2026-01-31T12:00:00Z` as Unix seconds. A day alone means its first second or, with `end`, its
 * last one. @throws ConfigError POLICY_FILE, also for days that do not exist
 */
export function asInstant(reader: Reader, value: unknown, path: Path, end: boolean): number {
  const text = typeof value === 'string' ? value : '';
  const bare = /^\d{4}-\d\d-\d\d$/.test(text);
  const full = bare ? `${text}T${end ? '23:59:59' : '00:00:00'}Z` : text;
  const shaped = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(full);
  const time = shaped ? Date.parse(full) : Number.NaN;
  if (Number.isNaN(time) || new Date(time).toISOString() !== full.replace('Z', '.000Z')) {
    const form = '2026-01-31 or 2026-01-31T12:00:00Z';
    throw fault(reader, path, `'${nameOf(path)}' must be a day or a time in UTC, such as ${form}`);
  }
  return time / 1000;
}
