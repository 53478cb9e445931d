/** The command that mends what a gate refused, ready to be copied into a shell. */

import type { Counts } from './judged.ts';

/** A word as a POSIX shell reads it back, whatever stands in it. */
export function shellWord(text: string): string {
  return /^[\w./@{}~^:,+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * How the contributor mends a refused range: his own commits signed again. Undefined where nothing is unsigned or
 * broken, or where what was asked names no range that can be written again. `asked`: the revisions as they were typed.
 */
export function mendCommand(counts: Counts, asked: readonly string[]): string | undefined {
  const [only = 'HEAD', second] = asked;
  if (counts.refused + counts.unsigned === 0 || second !== undefined) return undefined;
  if (only.includes('...')) return undefined;
  if (only.includes('..')) return `to sign your own again: git signet resign ${shellWord(only)}`;
  return only === 'HEAD' ? 'to sign it again: git commit --amend --no-edit -S' : undefined;
}
