/** The command that repairs a refused range, ready to be copied into a shell. */

import { shellWord } from '../system/shell.ts';
import type { Counts } from './judged.ts';

/**
 * Returns the command with which contributors sign their own commits again. Returns undefined if no commit is unsigned
 * or broken, or if `asked`, the revisions as they were typed, name no range that can be rewritten.
 */
export function mendCommand(counts: Counts, asked: readonly string[]): string | undefined {
  const [only = 'HEAD', second] = asked;
  if (counts.refused + counts.unsigned === 0 || second !== undefined) return undefined;
  if (only.includes('...')) return undefined;
  if (only.includes('..')) return `to sign your own again: git signet resign ${shellWord(only)}`;
  return only === 'HEAD' ? 'to sign it again: git commit --amend --no-edit -S' : undefined;
}

/** Returns the line that leads a person at a terminal to the page of a reason code. */
export function helpLine(code: string): string {
  return `  why: git signet help ${code}\n`;
}
