/**
 * Writes one self-contained HTML page: verdict, counts, what judged the run, the causes of what is not verified, a time
 * line of signers, and what is verified. It has no script, and its content policy would run none.
 */

import { markupText } from '../core/markup.ts';
import type { Rendered, ReportContext, ReportFormat, TimelineMark, Writer } from './format.ts';
import { createGroups } from './html-groups.ts';
import { headHtml } from './html-head.ts';
import { createTimeline } from './html-timeline.ts';
import type { Counts } from './judged.ts';
import { mendCommand } from './mend.ts';
import { shortened } from './text.ts';
import { type ResultView, titleOf, viewOf, whyOf } from './view.ts';

/** Digits of a hash in a row. The whole hash is its tip. */
const ROW_ID = 12;
const MAX_WHO = 200;
const MAX_DETAIL = 400;
/** The years 0 to 9999. A commit may claim any time. */
const FIRST_SECOND = -62_167_219_200;

function timeHtml({ time, timeIsProved }: ResultView): string {
  if (time === undefined) return '<time></time>';
  const shown = time.slice(0, 16).replace('T', ' ');
  return `<time datetime="${time}">${shown}${timeIsProved ? '' : ' claimed'}</time>`;
}

function markOf({ status, who, time }: ResultView): TimelineMark {
  const seconds = time === undefined ? Number.NaN : Date.parse(time) / 1000;
  const dated = seconds >= FIRST_SECOND;
  const lane = status === 'unsigned' ? 'unsigned' : shortened(who, MAX_WHO);
  return { who: lane, ...(dated ? { time: seconds } : {}) };
}

/** Returns the row of one object without its end, its cause, and its place on the time line. */
function htmlPiece(view: ResultView): Omit<Rendered, 'status'> {
  const { id, who, issuer, rule, code = '' } = view;
  const tip = markupText(
    shortened([issuer, rule && `rule ${rule}`].filter(Boolean).join(', '), MAX_WHO),
  );
  const piece =
    `<li class="row"><code title="${id}">${id.slice(0, ROW_ID)}</code>` +
    `<span class="what">${markupText(titleOf(view)) || '(no message)'}</span>` +
    `<span class="who" title="${tip}">${markupText(shortened(who, MAX_WHO))}</span>${timeHtml(view)}`;
  const detail = markupText(shortened(whyOf(view), MAX_DETAIL));
  return { piece, mark: markOf(view), cause: { code, detail } };
}

/** Sets the command in another typeface than the words around it. */
function mendHtml(mend: string): string {
  const [words = '', command = ''] = mend.split(/: (.*)/s);
  return `<p class="mend">${markupText(words)}: <code>${markupText(command)}</code></p>`;
}

/** Returns the writer. It holds the rows back, because the verdict stands before them and is known last. */
function createHtml(context: ReportContext): Writer {
  const { put, asked, noun } = context;
  const groups = createGroups(noun);
  const timeline = createTimeline();
  const add = (result: Rendered): void => {
    groups.add(result);
    const { status, mark } = result;
    if (mark !== undefined) timeline.add(mark, status === 'verified');
  };
  const finish = (counts: Counts, passed: boolean): void => {
    put(headHtml(counts, passed, context));
    const faults = groups.draw((status) => status !== 'verified');
    const mend = mendCommand(counts, asked);
    if (faults !== '') {
      put(`<h2>Not verified, by cause</h2>${mend === undefined ? '' : mendHtml(mend)}${faults}\n`);
    }
    put(`<h2>Who signed when</h2>${timeline.draw()}\n`);
    if (counts.verified > 0) {
      put(`<h2>Verified</h2>${groups.draw((status) => status === 'verified')}\n`);
    }
    put('</main>\n</body></html>\n');
  };
  return { add, finish };
}

export const html: ReportFormat = {
  meaning: 'a page',
  piece: (judged) => htmlPiece(viewOf(judged)),
  open: createHtml,
};
