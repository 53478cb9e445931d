/** JSON from outside, whose fields are not checked yet. */

export type Json = Readonly<Record<string, unknown>>;

/** Returns true for an object, but not for an array or null. */
export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
