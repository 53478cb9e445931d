/** What is said about one reason code: on its page, and by `git signet help CODE`. */

import { rejected } from '../../core/rejection.ts';
import type { Finding, ReasonCode } from '../../core/verdict.ts';

/** Every code that a verdict or a finding may have. */
export type RefusalCode = ReasonCode | Finding['code'];

export interface RefusalPage {
  /** One sentence: what is the case. */
  readonly means: string;
  /** How an object comes to be like that. One sentence each, honest causes first. */
  readonly why: readonly string[];
  /** What to do, and where there is one, the command. */
  readonly mend: readonly (readonly [say: string, type?: string])[];
  /** The reason as the program prints it. */
  readonly example: string;
}

/** Findings that never decide alone. */
const NOTES: ReadonlySet<string> = new Set([
  'tag-version-not-newer',
  'unlogged',
  'carried-head-doubtful',
]);

/** Returns the verdict that a code leads to, with the exit code. `byPolicy` is true for codes of a policy. */
export function verdictOf(code: RefusalCode, byPolicy: boolean): string {
  if (NOTES.has(code)) return 'a note: it changes no verdict';
  if (byPolicy) return 'not allowed (exit 6)';
  const { status } = rejected({ check: 'object' }, code as ReasonCode, '');
  const exits = { refused: 1, undecided: 3, unsigned: 5 };
  return `${status} (exit ${exits[status]})`;
}
