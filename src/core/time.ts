/** Formats Unix seconds in UTC (ISO 8601, RFC 3339). Fractions of a second are dropped. */

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
