/**
 * Results to stdout as they come, in the format that was asked for. Memory stays flat: the table's columns are as wide
 * as the first rows need, reports that begin with their numbers hold rows compressed, and the progress line is drawn
 * only where no result is.
 */

import type { TrustMaterial } from '../../core/trust/trust-material.ts';
import { ExitCode } from '../../errors.ts';
import { exitCodeOf } from '../../gate/exit-code.ts';
import { type Counts, JSON_HEAD, jsonLineTail, jsonTail } from '../../report/json.ts';
import { mendCommand } from '../../report/mend.ts';
import { factsLine, type ReportSource, type RunFacts } from '../../report/run-facts.ts';
import { type TextRow, textLine, textSummary, type Widths, widthsOf } from '../../report/text.ts';
import { trustRemedy } from '../../report/trust-age.ts';
import type { Output, Rendered, ReportContext, Subject, Writer } from '../../report/writer.ts';
import type { Environment } from '../../system/environment.ts';
import type { Streams, Terminal } from '../../system/terminal.ts';
import { VERSION } from '../../system/version.ts';
import type { Format } from './options.ts';

export interface Reporter {
  readonly add: (result: Rendered) => void;
  readonly finish: (counts: Counts) => void;
  /** Erases the progress line; what was written stays, and nothing follows. */
  readonly abandon: () => void;
}

export interface ReportSettings extends RunFacts {
  readonly format: Format;
  readonly streams: Streams;
  readonly terminal: Terminal;
  readonly trust: ReportSource & Pick<TrustMaterial, 'mirror'>;
  /** What is counted: `commit`, `object`. */
  readonly noun: string;
  readonly total?: number | undefined;
  /** Revisions as they were typed. */
  readonly asked: readonly string[];
  readonly subjects: readonly Subject[];
  /** Unix seconds. */
  readonly now: number;
  readonly env: Environment;
}

type Put = (text: string) => void;

/** What the judge is to make of each verdict for a format; one object alone is a sentence. */
export function outputOf(format: Format, total: number | undefined): Output {
  if (format === 'text') return total === 1 ? 'line' : 'row';
  if (format === 'vsa') return 'tally';
  return format === 'jsonl' ? 'json' : format;
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

function createTable(put: Put, colour: boolean) {
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

/** Table, or one sentence, and what to do next. */
function createText(settings: ReportSettings, put: Put): Writer {
  const { streams, terminal, noun, asked, format } = settings;
  const { add, release } = createTable(put, streams.colour);
  let tabled = false;
  return {
    add: ({ row, line }) => {
      tabled ||= row !== undefined;
      if (row !== undefined) add(row);
      if (line !== undefined) put(`${line}\n`);
    },
    abandon: release,
    finish: (counts) => {
      release();
      const mend = mendCommand(counts, asked);
      if (tabled) put(textSummary(counts, noun, factsLine(settings), mend));
      else if (mend !== undefined && format === 'text') terminal.hint(mend);
    },
  };
}

function createJson(settings: ReportSettings, put: Put): Writer {
  const whole = settings.format === 'json';
  const tail = jsonLineTail(settings);
  let done = 0;
  return {
    add: ({ json = '' }) => {
      if (whole) put(done === 0 ? `${JSON_HEAD}\n` : ',\n');
      put(whole ? json : json.slice(0, -1) + tail);
      done += 1;
    },
    finish: (counts) => {
      if (whole) put(jsonTail(counts, settings));
    },
  };
}

/** The files in which a step of GitHub Actions leaves its summary and its outputs; elsewhere there are none. */
async function stepFiles({
  env,
  terminal,
}: ReportSettings): Promise<Pick<ReportContext, 'summary' | 'output'>> {
  const { appendToStep } = await import('../../system/step-summary.ts');
  const into = (path: string | undefined, what: string) => (text: string) => {
    if (path === undefined || path === '' || appendToStep(path, text)) return;
    terminal.say(`the job's ${what} could not be written`);
  };
  return {
    summary: into(env.GITHUB_STEP_SUMMARY, 'summary'),
    output: into(env.GITHUB_OUTPUT, 'output'),
  };
}

async function createWriter(settings: ReportSettings, put: Put): Promise<Writer> {
  const { format, trust, policy, since, ignored, noun, asked, subjects, now } = settings;
  if (format === 'json' || format === 'jsonl') return createJson(settings, put);
  const facts = { trust, policy, since, ignored };
  const context = { put, ...facts, noun, asked, subjects, now, version: VERSION };
  if (format === 'sarif') return (await import('../../report/sarif.ts')).createSarif(context);
  if (format === 'junit') return (await import('../../report/junit.ts')).createJunit(context);
  if (format === 'html') return (await import('../../report/html.ts')).createHtml(context);
  if (format === 'vsa') return (await import('../../report/vsa.ts')).createVsa(context);
  const text = createText(settings, put);
  if (format === 'text') return text;
  const { createGithub } = await import('../../report/github.ts');
  const github = createGithub({ ...context, ...(await stepFiles(settings)) });
  const both = [text, github];
  return {
    add: (result) => both.forEach((writer) => void writer.add(result)),
    finish: (counts, passed) => both.forEach((writer) => void writer.finish(counts, passed)),
  };
}

/** A reporter for one run. @throws ConfigError for a format that cannot say what was asked */
export async function createReporter(settings: ReportSettings): Promise<Reporter> {
  const { streams, terminal } = settings;
  const { put, flush } = createOutput(streams);
  const writer = await createWriter(settings, put);
  const progress = createProgress(settings);
  let done = 0;
  let distrusted = false;
  let ended = false;
  const add = (result: Rendered): void => {
    if (ended) return;
    writer.add(result);
    distrusted ||= result.distrusted === true;
    done += 1;
    progress(done);
  };
  const finish = (counts: Counts): void => {
    terminal.progress(undefined);
    writer.finish(counts, exitCodeOf(counts) === ExitCode.ok);
    flush();
    const remedy = distrusted ? trustRemedy(settings.trust, settings.now) : undefined;
    if (remedy !== undefined) terminal.hint(remedy);
  };
  const abandon = (): void => {
    ended = true;
    terminal.progress(undefined);
    writer.abandon?.();
    flush();
  };
  return { add, finish, abandon };
}
