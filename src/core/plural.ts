/** Counts things in words. */

/** Returns `1 commit` or `2 commits`. `nouns` is the plural, if it is not the noun with an s. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`;
}
