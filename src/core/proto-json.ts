/**
 * Reads ProtoJSON (the proto3 JSON mapping), the form of Sigstore's trust roots, signing configurations and log entries.
 * Null means absent for every field, and an enum is a name or a number. A field that cannot be read is an error with its
 * place.
 */

import { ConfigError } from '../errors.ts';
import { fromBase64 } from './bytes.ts';

export type ProtoMessage = Readonly<Record<string, unknown>>;

/** A place in a file, for messages. */
export interface Place {
  readonly source: string;
  readonly path: string;
}

const MAX_DEPTH = 64;

/**
 * Returns the value without fields that are null. Items of lists stay, because null is no valid item. Values deeper than
 * 64 levels are left out, because no message has them.
 */
export function withoutNull(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return undefined;
  if (Array.isArray(value)) return value.map((item: unknown) => withoutNull(item, depth + 1));
  const present = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(present.map(([key, field]) => [key, withoutNull(field, depth + 1)]));
}

/** Reads a message without its null fields. @throws ConfigError `TRUST_FILE` if the text is not a JSON object */
export function parseProtoJson(text: string, source: string): ProtoMessage {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`${source}: not JSON`, { code: 'TRUST_FILE', cause: error });
  }
  return asObject(withoutNull(json), { source, path: '' });
}

/** Returns the error for a place that does not hold the expected value. */
export function fault({ source, path }: Place, expected: string): ConfigError {
  return new ConfigError(`${source}: ${path === '' ? 'the file' : path} is not ${expected}`, {
    code: 'TRUST_FILE',
  });
}

/** Returns the place of a field or of a list's item. */
export function inside(place: Place, key: string | number): Place {
  const step = typeof key === 'number' ? `[${key}]` : place.path === '' ? key : `.${key}`;
  return { ...place, path: place.path + step };
}

/** @throws ConfigError `TRUST_FILE` */
export function asObject(value: unknown, place: Place): ProtoMessage {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw fault(place, 'an object');
  return value as ProtoMessage;
}

/** Reads each item. An absent list is empty. @throws ConfigError `TRUST_FILE` */
export function asList<T>(
  value: unknown,
  place: Place,
  read: (item: unknown, place: Place) => T,
): readonly T[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw fault(place, 'a list');
  return value.map((item: unknown, index) => read(item, inside(place, index)));
}

/** Reads a string for display. Returns an empty text if it is absent or no string. */
export function asName(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Reads an enum's name or number. Returns 0 (unspecified) if it is absent. @throws ConfigError `TRUST_FILE` */
export function asEnum(value: unknown, place: Place): string | number {
  if (value === undefined) return 0;
  if (typeof value === 'string' || Number.isSafeInteger(value)) return value as string | number;
  throw fault(place, 'an enum');
}

/** Reads base64 of at least one octet. @throws ConfigError `TRUST_FILE` */
export function asBytes(value: unknown, place: Place): Uint8Array {
  const bytes = typeof value === 'string' ? fromBase64(value) : undefined;
  if (bytes === undefined || bytes.length === 0) throw fault(place, 'base64');
  return bytes;
}

/** The offset is required, because without one `Date.parse` would use the local time zone. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Reads a time as Unix seconds, rounded down. @throws ConfigError `TRUST_FILE` */
export function asTime(value: unknown, place: Place): number {
  const time = typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw fault(place, 'an RFC 3339 time');
  return Math.floor(time / 1000);
}

/** Reads a TimeRange, each end in Unix seconds if it is present. @throws ConfigError `TRUST_FILE` */
export function asTimeRange(
  value: unknown,
  place: Place,
): { readonly start?: number; readonly end?: number } {
  if (value === undefined) return {};
  const { start, end } = asObject(value, place);
  return {
    ...(start === undefined ? {} : { start: asTime(start, inside(place, 'start')) }),
    ...(end === undefined ? {} : { end: asTime(end, inside(place, 'end')) }),
  };
}
