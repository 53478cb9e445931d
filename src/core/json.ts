/** JSON that somebody else wrote, before its fields are looked at. */

export type Json = Readonly<Record<string, unknown>>;

/** True for an object; arrays and null are none. */
export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
