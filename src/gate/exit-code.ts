/** Turns counted verdicts into the exit code of a run (docs/results.md). */

import type { Verdict } from '../core/verdict.ts';
import { ExitCode } from '../errors.ts';
import type { Counts } from '../report/judged.ts';

/** Returns a count of zero for every verdict. */
export function countResults(): Record<Verdict['status'], number> {
  return { verified: 0, 'not-allowed': 0, refused: 0, unsigned: 0, undecided: 0 };
}

/** Returns the exit code of the gravest verdict. The order is refused, not allowed, unsigned, undecided. */
export function exitCodeOf(counts: Counts): ExitCode {
  if (counts.refused > 0) return ExitCode.refused;
  if (counts['not-allowed'] > 0) return ExitCode.notAllowed;
  if (counts.unsigned > 0) return ExitCode.unsigned;
  if (counts.undecided > 0) return ExitCode.undecided;
  return counts.verified > 0 ? ExitCode.ok : ExitCode.usage;
}

/** Returns true if nothing was refused. There may be nothing to judge, as in a push that brings no commit. */
export function passes(counts: Counts): boolean {
  return Object.values(counts).every((count) => count === 0) || exitCodeOf(counts) === ExitCode.ok;
}

/** Adds the counts of two runs. */
export function sumOf(a: Counts, b: Counts): Counts {
  const total = countResults();
  for (const status of Object.keys(total) as (keyof Counts)[])
    total[status] = a[status] + b[status];
  return total;
}
