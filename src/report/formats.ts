/** The report formats. A new format is a new file and a row here. */

import type { Rendered, ReportFormat } from './format.ts';
import { github } from './github.ts';
import { html } from './html.ts';
import { json, jsonl } from './json-report.ts';
import type { Judged } from './judged.ts';
import { junit } from './junit.ts';
import { sarif } from './sarif.ts';
import { sentence, text } from './table.ts';
import { isMatterOfTrust } from './trust-age.ts';
import { vsa } from './vsa.ts';

/** The values of `--format`, in the order of the help. */
export const FORMATS = { text, json, jsonl, github, sarif, junit, html, vsa } as const;
export type FormatName = keyof typeof FORMATS;

/** A format, or the sentence that `text` uses for a single object. */
export type Output = FormatName | 'sentence';

export function formatOf(output: Output): ReportFormat {
  return output === 'sentence' ? sentence : FORMATS[output];
}

/** Makes a verdict ready to print. */
export function renderResult(judged: Judged, output: Output): Rendered {
  const { verdict } = judged;
  const rendered = { status: verdict.status, ...formatOf(output).piece(judged) };
  return isMatterOfTrust(verdict) ? { ...rendered, distrusted: true } : rendered;
}
