/** Makes each value of a cache once, also if several callers ask for it at a time. */

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
