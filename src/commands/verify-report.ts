/**
 * Results to stdout as they come: JSON lines, one JSON document, or the table. Memory stays flat: the table's
 * columns are as wide as the first rows need, and the progress line is drawn only where no result is.
 */

import type { Verdict } from '../core/verdict.ts';
import { ExitCode } from '../errors.ts';
import type { Streams, Terminal } from '../io/terminal.ts';
import { type Counts, JSON_HEAD, jsonTail, type ReportSource } from '../report/json.ts';
import { type TextRow, textLine, textSummary, type Widths, widthsOf } from '../report/text.ts';
import type { Rendered } from './range-judge.ts';
import type { Format } from './verify-options.ts';

export interface Reporter {
  readonly add: (result: Rendered) => void;
  readonly finish: (counts: Counts) => void;
  /** Erases the progress line; what was written stays. */
  readonly abandon: () => void;
}

export interface ReportSettings {
  readonly format: Format;
  readonly streams: Streams;
  readonly terminal: Terminal;
  readonly trust: ReportSource;
  readonly policy: ReportSource | undefined;
  /** What is counted: `commit`, `object`. */
  readonly noun: string;
  readonly total?: number;
}

const BUFFER = 32 * 1024;
/** Rows that are held to align the table's columns. */
const ALIGNED_ROWS = 500;
const PROGRESS_AFTER_MS = 1000;
const PROGRESS_EVERY_MS = 100;

function createOutput(streams: Streams): { put: (text: string) => void; flush: () => void } {
  let held = '';
  const flush = (): void => {
    if (held !== '') streams.write(held);
    held = '';
  };
  const put = (text: string): void => {
    held += text;
    if (held.length >= BUFFER) flush();
  };
  return { put, flush };
}

function createTable(put: (text: string) => void, colour: boolean) {
  const held: TextRow[] = [];
  let widths: Widths | undefined;
  const release = (): void => {
    widths ??= widthsOf(held);
    for (const row of held.splice(0)) put(textLine(row, widths, colour));
  };
  const add = (row: TextRow): void => {
    held.push(row);
    if (widths !== undefined || held.length >= ALIGNED_ROWS) release();
  };
  return { add, release };
}

const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

function createProgress({ streams, terminal, total }: ReportSettings): (done: number) => void {
  if (streams.outputIsTerminal) return () => undefined;
  let next = performance.now() + PROGRESS_AFTER_MS;
  const of = total === undefined ? '' : ` of ${grouped(total)}`;
  return (done) => {
    const now = performance.now();
    if (now < next) return;
    next = now + PROGRESS_EVERY_MS;
    terminal.progress(`git-signet: checked ${grouped(done)}${of}`);
  };
}

/** A reporter for one run. */
export function createReporter(settings: ReportSettings): Reporter {
  const { format, streams, terminal, trust, policy, noun } = settings;
  const { put, flush } = createOutput(streams);
  const table = createTable(put, streams.colour);
  const progress = createProgress(settings);
  let done = 0;
  let tabled = false;
  const add = (result: Rendered): void => {
    if (result.row !== undefined) table.add(result.row);
    tabled ||= result.row !== undefined;
    if (result.line !== undefined) put(`${result.line}\n`);
    if (result.json !== undefined) {
      if (format === 'json') put(done === 0 ? `${JSON_HEAD}\n` : ',\n');
      put(format === 'json' ? result.json : `${result.json}\n`);
    }
    done += 1;
    progress(done);
  };
  const finish = (counts: Counts): void => {
    terminal.progress(undefined);
    table.release();
    if (format === 'text' && tabled) put(textSummary(counts, noun));
    if (format === 'json') put(jsonTail(counts, trust, policy));
    flush();
  };
  const abandon = (): void => {
    terminal.progress(undefined);
    table.release();
    flush();
  };
  return { add, finish, abandon };
}

/** Nothing counted yet. */
export function countResults(): Record<Verdict['status'], number> {
  return { verified: 0, 'not-allowed': 0, refused: 0, unsigned: 0, undecided: 0 };
}

/** Of several outcomes the gravest decides: refused, not allowed, unsigned, undecided (design §5). */
export function exitCodeOf(counts: Counts): ExitCode {
  if (counts.refused > 0) return ExitCode.refused;
  if (counts['not-allowed'] > 0) return ExitCode.notAllowed;
  if (counts.unsigned > 0) return ExitCode.unsigned;
  if (counts.undecided > 0) return ExitCode.undecided;
  return counts.verified > 0 ? ExitCode.ok : ExitCode.usage;
}
