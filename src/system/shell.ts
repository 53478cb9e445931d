/** Quotes a word for a POSIX shell, whatever characters it holds. */
export function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Returns a word as a POSIX shell takes it, in quotes only if it needs them. */
export function shellWord(word: string): string {
  return /^[\w.+@:/,{}^\\-][\w.+@:/,{}^~\\-]*$/.test(word) ? word : shellQuoted(word);
}
