/** The report formats. A new format is a new file and a row here. */

import type { Rendered, ReportFormat } from './format.ts';
import { github } from './github.ts';
import { html } from './html.ts';
import { json, jsonl } from './json-report.ts';
import type { Judged } from './judged.ts';
import { junit } from './junit.ts';
import { answeredMarkPiece, markPiece } from './log/mark.ts';
import { sarif } from './sarif.ts';
import { sentence, text } from './table.ts';
import { isMatterOfTrust } from './trust-age.ts';
import { vsa } from './vsa.ts';

/** The values of `--format`, in the order of the help. */
export const FORMATS = { text, json, jsonl, github, sarif, junit, html, vsa } as const;
export type FormatName = keyof typeof FORMATS;

/** What a report is made of: a format, or the sentence that `text` uses for a single object. */
export type ReportOutput = FormatName | 'sentence';

/** A line of a shard: the verdict itself. `merge-reports` makes it into any format. */
const outcomePiece: ReportFormat['piece'] = ({ id, ref, verdict }) => ({
  piece: JSON.stringify({ id, ref, outcome: verdict }),
});

const PIECES = {
  mark: markPiece,
  'answered-mark': answeredMarkPiece,
  outcome: outcomePiece,
} as const;

/** What verdicts are made into: parts of a report, the marks of `git signet log`, or lines of a shard. */
export type Output = ReportOutput | keyof typeof PIECES;

export function formatOf(output: ReportOutput): ReportFormat {
  return output === 'sentence' ? sentence : FORMATS[output];
}

const isPiece = (output: Output): output is keyof typeof PIECES => Object.hasOwn(PIECES, output);

/** Makes a verdict ready to print. */
export function renderResult(judged: Judged, output: Output): Rendered {
  const { verdict } = judged;
  const piece = isPiece(output) ? PIECES[output] : formatOf(output).piece;
  const rendered = { status: verdict.status, ...piece(judged) };
  return isMatterOfTrust(verdict) ? { ...rendered, distrusted: true } : rendered;
}
