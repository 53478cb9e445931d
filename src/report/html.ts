/**
 * Writes one self-contained HTML page: verdict, counts, faults, a time line of signers, and every object. It has no
 * script, and its content policy would run none. Rows stand in blocks that a browser lays out when they come into view.
 */

import { markupText } from '../core/markup.ts';
import { plural } from '../core/plural.ts';
import { utcMinute } from '../core/time.ts';
import type { Verdict } from '../core/verdict.ts';
import type { Rendered, ReportContext, ReportFormat, TimelineMark, Writer } from './format.ts';
import { createHeldText } from './held.ts';
import { REPORT_STYLE } from './html-style.ts';
import { createTimeline } from './html-timeline.ts';
import type { Counts } from './judged.ts';
import { mendCommand } from './mend.ts';
import { factsLine } from './run-facts.ts';
import { SHORT_ID, STATUS_WORDS } from './text.ts';
import { type ResultView, titleOf, viewOf } from './view.ts';

const CLASSES: Readonly<Record<Verdict['status'], string>> = {
  verified: 'ok',
  'not-allowed': 'no',
  refused: 'bad',
  unsigned: 'un',
  undecided: 'dk',
};
const ORDER = ['verified', 'refused', 'not-allowed', 'unsigned', 'undecided'] as const;
const ROWS_IN_BLOCK = 200;
/** Most faults at the top of the page. The list below has all of them. */
const MAX_FAULTS = 20;

function timeHtml({ time, timeIsProved }: ResultView): string {
  if (time === undefined) return '<time></time>';
  const shown = time.slice(0, 16).replace('T', ' ');
  return `<time datetime="${time}"${timeIsProved ? '' : ' class="claim"'}>${shown}</time>`;
}

/** Returns the row of one object, and its place on the time line. */
function htmlPiece(view: ResultView): { readonly piece: string; readonly mark: TimelineMark } {
  const { id, status, who, issuer, reason, rule, time } = view;
  const tip = markupText([issuer, rule && `rule ${rule}`].filter(Boolean).join(', '));
  const reasons = [status === 'verified' ? '' : reason, ...view.notes.map(({ detail }) => detail)];
  const why = reasons
    .map((text) => (text === '' ? '' : `<small>${markupText(text)}</small>`))
    .join('');
  const kind = CLASSES[status];
  const piece =
    `<li class="${kind}"><b class="t-${kind}">${STATUS_WORDS[status]}</b>` +
    `<code title="${id}">${id.slice(0, SHORT_ID)}</code>` +
    `<span class="who" title="${tip}">${markupText(who)}</span>` +
    `<span class="what">${markupText(titleOf(view))}${why}</span>${timeHtml(view)}</li>\n`;
  const lane = status === 'unsigned' ? 'unsigned' : who;
  const seconds = time === undefined ? Number.NaN : Date.parse(time) / 1000;
  return { piece, mark: { who: lane, ...(Number.isNaN(seconds) ? {} : { time: seconds }) } };
}

const total = (counts: Counts): number => Object.values(counts).reduce((sum, one) => sum + one, 0);

function headHtml(counts: Counts, passed: boolean, context: ReportContext): string {
  const { noun, asked, policy, version, now } = context;
  const bad = total(counts) - counts.verified;
  const verdict = passed
    ? `${plural(counts.verified, noun)}: every signature holds`
    : `${bad} of ${plural(total(counts), noun)} ${bad === 1 ? 'does' : 'do'} not hold`;
  const when = utcMinute(now);
  const sha = policy === undefined ? '' : `; policy SHA-256 ${policy.digest.slice(0, 16)}…`;
  const facts = `${factsLine(context)}${sha}; ${when} UTC; git-signet ${version}`;
  const policyTag = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">${policyTag}
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">
<title>${passed ? 'ok' : 'refused'}: signatures of ${markupText(asked.join(' ') || 'HEAD')}</title>
<style>${REPORT_STYLE}</style></head><body>
<header class="${passed ? 'pass' : 'fail'}"><p><code>${markupText(asked.join(' ') || 'HEAD')}</code></p>
<h1>${verdict}</h1><p>${markupText(facts)}</p></header>
`;
}

function countsHtml(counts: Counts): string {
  const there = ORDER.filter((status) => counts[status] > 0);
  const items = there.map((status) => {
    return `<li class="t-${CLASSES[status]}"><b>${counts[status]}</b>${STATUS_WORDS[status]}</li>`;
  });
  const bars = there.map(
    (status) => `<i class="t-${CLASSES[status]}" style="flex:${counts[status]}"></i>`,
  );
  return `<ul class="counts">${items.join('')}</ul><div class="bar" aria-hidden="true">${bars.join('')}</div>\n`;
}

/** Sets the command in another typeface than the words around it. */
function mendHtml(mend: string): string {
  const [words = '', command = ''] = mend.split(/: (.*)/s);
  return `${markupText(words)}: <code>${markupText(command)}</code>`;
}

function faultsHtml(faults: readonly string[], counts: Counts, asked: readonly string[]): string {
  if (faults.length === 0) return '';
  const left = total(counts) - counts.verified - faults.length;
  const more = left > 0 ? `<p class="note">and ${left} more, in the list below</p>` : '';
  const mend = mendCommand(counts, asked);
  const next = mend === undefined ? '' : `<p class="mend">${mendHtml(mend)}</p>`;
  return `<h2>What does not hold</h2>${next}<ol class="rows">${faults.join('')}</ol>${more}\n`;
}

function listHead(counts: Counts, noun: string): string {
  const pick = (id: string, label: string, on: boolean): string =>
    `<label><input type="radio" name="pick" id="${id}"${on ? ' checked' : ''}> ${label}</label>`;
  const bad = total(counts) - counts.verified;
  const choice =
    bad === 0 || bad === total(counts)
      ? ''
      : `<fieldset class="pick">${pick('all-rows', 'all', true)}${pick('only-bad', `only the ${bad} that do not hold`, false)}</fieldset>`;
  return `<section class="all"><h2>Every ${noun}, newest first</h2>${choice}\n<ol class="rows">`;
}

/** Returns the writer. It holds the rows back, because the verdict stands before them and is known last. */
function createHtml(context: ReportContext): Writer {
  const { put, asked, noun } = context;
  const held = createHeldText();
  const faults: string[] = [];
  const timeline = createTimeline();
  let rows = 0;
  const add = ({ status, piece = '', mark }: Rendered): void => {
    if (rows > 0 && rows % ROWS_IN_BLOCK === 0) held.add('</ol><ol class="rows">');
    held.add(piece);
    rows += 1;
    if (status !== 'verified' && faults.length < MAX_FAULTS) faults.push(piece);
    if (mark !== undefined) timeline.add(mark, status === 'verified');
  };
  const finish = (counts: Counts, passed: boolean): void => {
    put(headHtml(counts, passed, context));
    put(countsHtml(counts));
    put(faultsHtml(faults, counts, asked));
    put(`<h2>Who signed when</h2>${timeline.draw()}\n`);
    put(listHead(counts, noun));
    held.release(put);
    put('</ol></section>\n</body></html>\n');
  };
  return { add, finish };
}

export const html: ReportFormat = {
  meaning: 'a page',
  piece: (judged) => htmlPiece(viewOf(judged)),
  open: createHtml,
};
