/** Quotes a word for a POSIX shell, whatever characters it holds. */
export function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
