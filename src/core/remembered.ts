/** Caches: promises that several callers may ask for at a time, and the last few values of a kind. */

/**
 * Returns the value under a key, or begins to make it. Callers that ask while it is made get the same promise. A value that
 * could not be made is not kept, so the next caller tries again.
 */
export function remembered<T>(
  known: Map<string, Promise<T>>,
  key: string,
  make: () => Promise<T>,
): Promise<T> {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  made.catch(() => known.delete(key));
  return made;
}

/** Values of a kind that are kept. */
const RECENT = 8;

/** Returns the kept value that fits, or makes it and keeps it in the place of the oldest. */
export function recent<T>(kept: T[], fits: (value: T) => boolean, make: () => T): T {
  const found = kept.find(fits);
  if (found !== undefined) return found;
  const made = make();
  if (kept.length >= RECENT) kept.shift();
  kept.push(made);
  return made;
}
