/**
 * Writes results to stdout as they come, in the chosen format. Memory stays flat. The table's columns are as wide as the
 * first rows need, and reports that begin with their counts hold compressed rows. The progress line is drawn only if
 * results do not go to the terminal.
 */

import { grouped } from '../core/plural.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import type { Environment } from '../system/environment.ts';
import { VERSION } from '../system/program/version.ts';
import { appendToStep } from '../system/step-summary.ts';
import type { Streams, Terminal } from '../system/terminal.ts';
import type { Rendered, ReportContext } from './format.ts';
import { formatOf, type ReportOutput } from './formats.ts';
import type { Counts } from './judged.ts';
import type { ReportSource } from './run-facts.ts';
import { trustRemedies } from './trust-age.ts';

export interface Reporter {
  readonly add: (result: Rendered) => void;
  /** Ends the report. `passed` means that the exit code will be 0. */
  readonly finish: (counts: Counts, passed: boolean) => void;
  /** Erases the progress line and ends the report early. The results so far stay. */
  readonly abandon: () => void;
}

interface ReportSettings
  extends Pick<
    ReportContext,
    | 'repository'
    | 'policy'
    | 'since'
    | 'ignored'
    | 'store'
    | 'noun'
    | 'asked'
    | 'subjects'
    | 'now'
    | 'repositoryUri'
    | 'proof'
  > {
  readonly output: ReportOutput;
  readonly streams: Streams;
  readonly terminal: Terminal;
  readonly trust: ReportSource & Pick<TrustMaterial, 'mirror'>;
  readonly total?: number | undefined;
  /** False if absent. */
  readonly colour?: boolean;
  readonly env: Environment;
}

const BUFFER = 32 * 1024;
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

/** Returns how far a run is, for a line of progress. */
export function checkedSoFar(done: number, total: number | undefined): string {
  return `checked ${grouped(done)}${total === undefined ? '' : ` of ${grouped(total)}`}`;
}

function createProgress({ streams, terminal, total }: ReportSettings): (done: number) => void {
  if (streams.outputIsTerminal) return () => undefined;
  let next = performance.now() + PROGRESS_AFTER_MS;
  return (done) => {
    const now = performance.now();
    if (now < next) return;
    next = now + PROGRESS_EVERY_MS;
    terminal.progress(`git-signet: ${checkedSoFar(done, total)}`);
  };
}

/** Returns a function that appends to a file of a GitHub Actions step, if the environment names one. */
function stepFile(path: string | undefined, what: string, terminal: Terminal) {
  return (text: string): void => {
    if (path === undefined || path === '' || appendToStep(path, text)) return;
    terminal.say(`git-signet could not write the ${what} of the job`);
  };
}

function contextOf(settings: ReportSettings, put: (text: string) => void): ReportContext {
  const { streams, terminal, env, output: _, total: __, colour = false, ...asked } = settings;
  const { columns } = streams;
  return {
    ...asked,
    ...{
      put,
      version: VERSION,
      colour,
      columns,
      shown: streams.outputIsTerminal,
      hint: terminal.hint,
    },
    summary: stepFile(env.GITHUB_STEP_SUMMARY, 'summary', terminal),
    output: stepFile(env.GITHUB_OUTPUT, 'output', terminal),
  };
}

/** Returns a reporter for one run. @throws ConfigError if the format cannot report this run */
export function createReporter(settings: ReportSettings): Reporter {
  const { streams, terminal } = settings;
  const { put, flush } = createOutput(streams);
  const writer = formatOf(settings.output).open(contextOf(settings, put));
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
  const finish = (counts: Counts, passed: boolean): void => {
    terminal.progress(undefined);
    writer.finish(counts, passed);
    flush();
    if (distrusted) trustRemedies(settings.trust, settings.now).forEach(terminal.hint);
  };
  const abandon = (): void => {
    ended = true;
    terminal.progress(undefined);
    writer.abandon?.();
    flush();
  };
  return { add, finish, abandon };
}
