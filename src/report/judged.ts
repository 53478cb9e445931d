/** The input of reports: judged objects, and counts of verdicts. */

import type { Outcome, Verdict } from '../core/verdict.ts';
import type { ReportSource } from './run-facts.ts';

/** An object and its verdict. */
export interface Judged {
  readonly id: string;
  readonly type: string;
  /** Undefined if the object was not read. */
  readonly raw?: Uint8Array;
  readonly ref?: string | undefined;
  /** The policies that judged it, if they are not the policy of the whole run. */
  readonly policies?: readonly ReportSource[] | undefined;
  readonly verdict: Outcome;
}

/** Number of objects by verdict. */
export type Counts = Readonly<Record<Verdict['status'], number>>;
