/**
 * Reports to GitHub Actions: the table in the log, annotations for the first faults, and a job summary in Markdown.
 * Strangers write commit subjects and identities, so these must never form a workflow command, an output variable or
 * mark-up (threat S11). The runner obeys `::command::` at the start of a line (after blanks) and `##[command]` anywhere.
 */

import { visible } from '../core/escape.ts';
import type { Rendered, ReportContext, ReportFormat, Writer } from './format.ts';
import type { Counts } from './judged.ts';
import { mendCommand } from './mend.ts';
import { factTexts } from './run-facts.ts';
import { runVerdict } from './run-verdict.ts';
import { text } from './table.ts';
import { countsLine, SHORT_ID, STATUS_WORDS } from './text.ts';
import { type ResultView, titleOf, viewOf, whyOf } from './view.ts';

/** GitHub shows ten annotations of a kind for a step. */
const MAX_ANNOTATIONS = 10;
const MAX_FAULTS = 300;
const MAX_GOOD = 100;

const HEX: Readonly<Record<string, string>> = {
  ...{ '%': '%25', '\r': '%0D', '\n': '%0A' },
  ...{ ':': '%3A', ',': '%2C' },
};
const data = (text: string): string => visible(text).replace(/[%\r\n]/g, (c) => HEX[c] ?? '');
const property = (text: string): string => visible(text).replace(/[%\r\n:,]/g, (c) => HEX[c] ?? '');

/** Escapes text for Markdown, tables and HTML. GitHub then links no mention, number or address in it. */
export function markdownText(text: string): string {
  const inert = visible(text).replace(/[!-/:-@[-`{-~]/g, (c) => `&#${c.charCodeAt(0)};`);
  return inert === '' ? '' : `<code>${inert}</code>`;
}

const ANNOTATIONS: Readonly<Record<ResultView['status'], 'error' | 'warning' | 'notice'>> = {
  verified: 'notice',
  undecided: 'warning',
  refused: 'error',
  'not-allowed': 'error',
  unsigned: 'error',
};

/** Returns a row of the job summary, and an annotation if the object is not verified or has notes. */
function githubPiece(view: ResultView): Pick<Rendered, 'piece' | 'annotation'> {
  const { id, status, who, notes } = view;
  const cells = [
    STATUS_WORDS[status],
    ...[id.slice(0, SHORT_ID), who, titleOf(view), whyOf(view)].map(markdownText),
  ];
  const piece = `| ${cells.join(' | ')} |\n`;
  if (status === 'verified' && notes.length === 0) return { piece };
  const command = ANNOTATIONS[status];
  const title = property(`${STATUS_WORDS[status]}: ${id.slice(0, SHORT_ID)}`);
  const said = data([who, titleOf(view), whyOf(view)].filter((part) => part !== '').join(' | '));
  return { piece, annotation: `::${command} title=${title}::${said}\n` };
}

const TABLE = '| | commit | signer | subject | why |\n| --- | --- | --- | --- | --- |\n';

function table(rows: readonly string[], left: number): string {
  const more = left > 0 ? `\n${left} more are not listed here.\n` : '';
  return rows.length === 0 ? '' : `\n${TABLE}${rows.join('')}${more}`;
}

function summaryOf(
  { faults, good }: { readonly faults: readonly string[]; readonly good: readonly string[] },
  counts: Counts,
  passed: boolean,
  context: ReportContext,
): string {
  const { noun, asked } = context;
  const bad = Object.values(counts).reduce((sum, count) => sum + count, 0) - counts.verified;
  const { sign, words } = runVerdict(counts, passed, context);
  const mend = mendCommand(counts, asked);
  return [
    `### git-signet: ${sign} ${words}\n\n${countsLine(counts, noun)}\n`,
    table(faults, bad - faults.length),
    mend === undefined ? '' : `\n${markdownText(mend)}\n`,
    good.length === 0 ? '' : `\n<details><summary>${counts.verified} verified</summary>\n`,
    table(good, counts.verified - good.length),
    good.length === 0 ? '' : '\n</details>\n',
    `\n${factTexts(context)
      .map(([name, text]) => `- ${name}: ${markdownText(text)}\n`)
      .join('')}\n`,
  ].join('');
}

/** Writes the table, then the annotations, then the summary and the counts if the job takes them. */
function createGithub(context: ReportContext): Writer {
  const table = text.open(context);
  const faults: string[] = [];
  const good: string[] = [];
  const annotations: string[] = [];
  const shown = { error: 0, warning: 0, notice: 0 };
  const add = (result: Rendered): void => {
    const { status, piece = '', annotation } = result;
    table.add(result);
    const [rows, most] = status === 'verified' ? [good, MAX_GOOD] : [faults, MAX_FAULTS];
    if (rows.length < most) rows.push(piece);
    if (annotation === undefined) return;
    const kind = ANNOTATIONS[status];
    shown[kind] += 1;
    if (shown[kind] <= MAX_ANNOTATIONS) annotations.push(annotation);
  };
  const finish = (counts: Counts, passed: boolean): void => {
    table.finish(counts, passed);
    for (const annotation of annotations) context.put(annotation);
    context.summary?.(summaryOf({ faults, good }, counts, passed, context));
    // only numbers go out, because a later step believes an output
    context.output?.(`counts=${JSON.stringify(counts)}\n`);
  };
  return { add, finish };
}

export const github: ReportFormat = {
  meaning: 'annotations',
  piece: (judged) => ({ ...text.piece(judged), ...githubPiece(viewOf(judged)) }),
  open: createGithub,
};
