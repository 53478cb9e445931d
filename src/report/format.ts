/** The parts of a report format. A piece is made where a verdict is reached, and a writer joins the pieces. */

import type { Verdict } from '../core/verdict.ts';
import type { Counts, Judged } from './judged.ts';
import type { RunFacts } from './run-facts.ts';
import type { TextRow } from './text.ts';

/** The place of a result on a report's time line. Raw text. */
export interface TimelineMark {
  readonly who: string;
  /** Unix seconds. Undefined if the object states no time. */
  readonly time?: number;
}

/** A verdict, ready to print. It is plain data, because it crosses threads. */
export interface Rendered {
  readonly status: Verdict['status'];
  /** A row of the table. */
  readonly row?: TextRow;
  /** Finished text of this result in the report's own language. Absent if the report does not list it. */
  readonly piece?: string;
  /** Reason codes in this piece, for reports that list the rules they judged by. */
  readonly codes?: readonly string[];
  /** The reason code, and why in the report's own language. Reports group results by the code. */
  readonly cause?: { readonly code: string; readonly detail: string };
  readonly mark?: TimelineMark;
  /** GitHub: the workflow command that annotates this result. */
  readonly annotation?: string;
  /** It passed without a good signature of its own, as carried. */
  readonly carried?: true;
  /** The trust root did not know the server that vouches. A newer trust root might know it. */
  readonly distrusted?: true;
}

/** A commit or tag that the run was about, as a statement names it. */
export interface ReportSubject {
  readonly id: string;
  readonly type: string;
  /** The name that the caller gave it. */
  readonly name: string;
  /** Commits that were left out, with all their ancestors. */
  readonly base?: readonly string[];
  /** Full names of the refs that point at it. Only statements name them. */
  readonly sourceRefs?: readonly string[];
}

export interface ReportContext extends RunFacts {
  /** Report text, in order. */
  readonly put: (text: string) => void;
  /** The word for what is counted: `commit` or `object`. */
  readonly noun: string;
  /** Revisions as they were typed. */
  readonly asked: readonly string[];
  readonly subjects: readonly ReportSubject[];
  /** The URI of the repository. Only statements need it. */
  readonly repositoryUri?: string | undefined;
  readonly version: string;
  /** Unix seconds. */
  readonly now: number;
  readonly colour: boolean;
  /** True if a person reads the report at a terminal. */
  readonly shown: boolean;
  /** The width of the terminal that shows the report, or undefined if none does. */
  readonly columns?: number | undefined;
  /** Writes the next step to stderr. */
  readonly hint: (line: string) => void;
  /** Takes the Markdown summary of a CI job. Absent if the job has no summary. */
  readonly summary?: (markdown: string) => void;
  /** Takes outputs of a CI job for its later steps, one line `name=value` each. */
  readonly output?: (lines: string) => void;
}

export interface Writer {
  readonly add: (result: Rendered) => void;
  /** Ends the report. `passed` means that the exit code will be 0. */
  readonly finish: (counts: Counts, passed: boolean) => void;
  /** Writes the known results of a run that ended early, without anything that makes the report look complete. */
  readonly abandon?: () => void;
}

/** A value of `--format`. */
export interface ReportFormat {
  /** Its purpose, as help lists it. */
  readonly meaning: string;
  /** True if the report names its subjects. Revisions must then be arguments, not lines of standard input. */
  readonly named?: true;
  /** Makes a verdict ready to print. It runs where the verdict is reached, so also in workers. */
  readonly piece: (judged: Judged) => Omit<Rendered, 'status' | 'distrusted'>;
  /** Begins a report. @throws ConfigError if the format cannot report this run */
  readonly open: (context: ReportContext) => Writer;
}
