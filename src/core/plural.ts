/** Counts things in words. */

/** Returns a whole number as `2,010`. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Returns `1 commit` or `2 commits`. `nouns` is the plural, if it is not the noun with an s. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`;
}

/** Returns `1 commit` or `2,010 commits`. */
export function many(count: number, noun: string): string {
  return `${grouped(count)} ${count === 1 ? noun : `${noun}s`}`;
}
