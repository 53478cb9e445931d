/** Reads Retry-After (RFC 9110 §10.2.3): seconds, or a date, which is compared with the server's own Date header if there is one. */

const DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Returns the milliseconds that the service asks to wait; 0 if the header is missing or cannot be read. */
export function retryDelay(
  headers: Readonly<Record<string, string>>,
  now: () => number = Date.now,
): number {
  const text = headers['retry-after']?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  if (!DATE.test(text)) return 0;
  const { date = '' } = headers;
  const reference = DATE.test(date) ? Date.parse(date) : now();
  const delay = Date.parse(text) - reference;
  return Number.isFinite(delay) ? Math.max(0, delay) : 0;
}
