/** Formats and reads Unix seconds in UTC (ISO 8601, RFC 3339). Fractions of a second are dropped. */

/** `2026-11-21T11:54:32Z` */
export function isoTime(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, -5)}Z`;
}

/** `2026-11-21` */
export function isoDay(seconds: number): string {
  return isoTime(seconds).slice(0, 10);
}

/** `2026-11-21 11:54:32Z` */
export function utcTime(seconds: number): string {
  return isoTime(seconds).replace('T', ' ');
}

/** `2026-11-21 11:54` */
export function utcMinute(seconds: number): string {
  return utcTime(seconds).slice(0, 16);
}

/**
 * Reads a time in UTC as Unix seconds: `2026-03-01T12:00Z` or `2026-03-01T12:00:30Z`. Returns undefined for a day alone,
 * another time zone, and a time that does not exist.
 */
export function readUtc(text: string): number | undefined {
  const full = /^\d{4}-\d\d-\d\dT\d\d:\d\dZ$/.test(text) ? text.replace('Z', ':00Z') : text;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(full)) return undefined;
  const time = Date.parse(full);
  const exists = !Number.isNaN(time) && new Date(time).toISOString() === full.replace('Z', '.000Z');
  return exists ? time / 1000 : undefined;
}
