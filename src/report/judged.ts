/** What reports are made of: one judged object, and how many ended how. */

import type { Outcome, Verdict } from '../core/verdict.ts';
import type { ReportSource } from './run-facts.ts';

/** A judged object: what the judge was given, and what it said. */
export interface Judged {
  readonly id: string;
  readonly type: string;
  /** Undefined where the object was not read. */
  readonly raw?: Uint8Array;
  readonly ref?: string | undefined;
  /** What judged it, where that is not the policy of the whole run. */
  readonly policies?: readonly ReportSource[] | undefined;
  readonly verdict: Outcome;
}

/** How many objects ended how. */
export type Counts = Readonly<Record<Verdict['status'], number>>;
