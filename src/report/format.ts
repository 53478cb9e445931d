/** What a report format is: pieces that are made where a verdict is reached, and a writer that joins them. */

import type { Verdict } from '../core/verdict.ts';
import type { Counts, Judged } from './judged.ts';
import type { RunFacts } from './run-facts.ts';
import type { TextRow } from './text.ts';

/** Where a result stands on a report's time line. Raw text. */
export interface Mark {
  readonly who: string;
  /** Unix seconds; undefined where nobody says when. */
  readonly time?: number;
}

/** A verdict, ready to print. Plain data: it crosses threads. */
export interface Rendered {
  readonly status: Verdict['status'];
  /** A row of the table. */
  readonly row?: TextRow;
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
  readonly colour: boolean;
  /** Tells the person the next step, on stderr. */
  readonly hint: (line: string) => void;
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

/** A value of `--format`. */
export interface ReportFormat {
  /** What it is good for, as help lists it. */
  readonly meaning: string;
  /** True where the report names what it was about: then revisions are arguments, not lines of stdin. */
  readonly named?: true;
  /** Makes a verdict ready to print. It runs where the verdict is reached, in workers too. */
  readonly piece: (judged: Judged) => Omit<Rendered, 'status' | 'distrusted'>;
  /** Begins a report. @throws ConfigError where the format cannot say what was asked */
  readonly open: (context: ReportContext) => Writer;
}
