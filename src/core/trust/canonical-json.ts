/**
 * Writes canonical JSON as TUF signs it (OLPC): sorted keys, no space, integers only. In strings only the quote and the
 * backslash are escaped.
 */

const MAX_DEPTH = 32;

/** Returns the canonical text of a JSON value, or undefined for fractions, huge numbers and deep nesting. */
export function canonicalJson(value: unknown, depth = 0): string | undefined {
  if (depth > MAX_DEPTH) return undefined;
  if (typeof value === 'string') return quoted(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined;
  if (typeof value !== 'object') return undefined;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => canonicalJson(item, depth + 1));
    return items.includes(undefined) ? undefined : `[${items.join(',')}]`;
  }
  const fields = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => {
      const text = canonicalJson(item, depth + 1);
      return text === undefined ? undefined : `${quoted(key)}:${text}`;
    });
  return fields.includes(undefined) ? undefined : `{${fields.join(',')}}`;
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
