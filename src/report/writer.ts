/** What every format is told, and what it gives: pieces made where a verdict is reached, and a writer that joins them. */

import type { Verdict } from '../core/verdict.ts';
import type { Counts } from './json.ts';
import type { RunFacts } from './run-facts.ts';
import type { TextRow } from './text.ts';

/** What to make of a verdict: JSON text, a row of the table, a line of its own, or a piece of a report. */
export type Output = 'json' | 'row' | 'line' | 'github' | 'sarif' | 'junit' | 'html' | 'tally';

/** Where a result stands on a report's time line. Raw text. */
export interface Mark {
  readonly who: string;
  /** Unix seconds; undefined where nobody says when. */
  readonly time?: number;
}

/** A verdict, ready to print, as Output says. Plain data: it crosses threads. */
export interface Rendered {
  readonly status: Verdict['status'];
  readonly json?: string;
  readonly row?: TextRow;
  readonly line?: string;
  /** Finished text of this result in the report's own language; absent where the report does not list it. */
  readonly piece?: string;
  /** Reason codes in this piece, for reports that list the rules they judged by. */
  readonly codes?: readonly string[];
  readonly mark?: Mark;
  /** GitHub: the workflow command that annotates this result. */
  readonly annotation?: string;
  /** The trust root did not know who vouches: a newer one might. */
  readonly distrusted?: true;
}

/** A commit or tag that the run was about, as a statement names it. */
export interface Subject {
  readonly id: string;
  readonly type: string;
  /** As it was asked for. */
  readonly name: string;
  /** Commits that were left out, with all that they reach. */
  readonly base?: readonly string[];
}

export interface ReportContext extends RunFacts {
  /** Report text, in order. */
  readonly put: (text: string) => void;
  /** What is counted: `commit`, `object`. */
  readonly noun: string;
  /** Revisions as they were typed. */
  readonly asked: readonly string[];
  readonly subjects: readonly Subject[];
  readonly version: string;
  /** Unix seconds. */
  readonly now: number;
  /** Takes the Markdown summary of a CI job, where there is a place for one. */
  readonly summary?: (markdown: string) => void;
  /** Takes outputs of a CI job for its later steps, a line `name=value` each. */
  readonly output?: (lines: string) => void;
}

export interface Writer {
  readonly add: (result: Rendered) => void;
  /** `passed`: the exit code will be 0. */
  readonly finish: (counts: Counts, passed: boolean) => void;
  /** The run ended early: what is known goes out, without what would make it look complete. */
  readonly abandon?: () => void;
}
