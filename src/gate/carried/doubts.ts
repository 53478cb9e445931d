/**
 * Notes what makes a head doubtful. A head stays at hand after it was abandoned or merged, and git does not know who pressed
 * the button. So these are notes, from the commits alone.
 */

import { fromUtf8Lossy } from '../../core/bytes.ts';
import type { Finding } from '../../core/verdict.ts';
import type { StatedCommit } from '../stated-commit.ts';
import { short } from './commits.ts';
import { numberOf, subjectNumber } from './search.ts';

const DAY = 24 * 3600;
const OLD_DAYS = 30;

/** A carried commit beside its head. */
export interface CarriedPair {
  readonly landing: Pick<StatedCommit, 'message' | 'time'>;
  readonly head: Pick<StatedCommit, 'time'>;
  readonly ref: string | undefined;
  /** An earlier commit of the run that the same head carried, as another landing. */
  readonly earlier: string | undefined;
}

/** Returns notes about an old head, about the head of another number, and about a head that carried another commit before. */
export function doubts({ landing, head, ref, earlier }: CarriedPair): readonly Finding[] {
  const said: string[] = [];
  const age = (landing.time ?? 0) - (head.time ?? 0);
  if (landing.time !== undefined && head.time !== undefined && age > OLD_DAYS * DAY) {
    said.push(`its head is ${Math.floor(age / DAY)} days older than this commit`);
  }
  const named = subjectNumber(fromUtf8Lossy(landing.message));
  const number = ref === undefined ? undefined : numberOf(ref);
  if (named !== undefined && number !== undefined && named !== number) {
    said.push(`its subject names #${named}, but its head is ${ref}`);
  }
  if (earlier !== undefined) said.push(`its head already carried ${short(earlier)}`);
  return said.map((detail) => ({ code: 'carried-head-doubtful', detail, severity: 'note' }));
}
