/**
 * Writes JUnit XML as CI systems read it, with a test case for each object. Refused, not allowed and unsigned objects are
 * failures. Undecided objects are errors, so that an outage does not look like a forgery.
 */

import { markupText } from '../core/markup.ts';
import { isoTime } from '../core/time.ts';
import type { Rendered, ReportContext, ReportFormat, Writer } from './format.ts';
import { createHeldText } from './held.ts';
import type { Counts } from './judged.ts';
import { factTexts } from './run-facts.ts';
import { SHORT_ID, STATUS_WORDS } from './text.ts';
import { type ResultView, titleOf, viewOf } from './view.ts';

/** Returns the test case of one object. */
function junitPiece(view: ResultView): string {
  const { id, status, who, code, issuer, time, carried, notes } = view;
  const name = markupText(`${id.slice(0, SHORT_ID)} ${titleOf(view)}`);
  const open = `<testcase classname="${markupText(view.type)}s" name="${name}" time="0">`;
  const said = [`${view.type} ${id}`, `signer: ${who}`, issuer && `issuer: ${issuer}`];
  const noted = notes.map(({ detail: note }) => `note: ${note}`);
  const all = [...said, time && `time: ${time}`, carried, ...noted];
  const detail = markupText(all.filter(Boolean).join('; '));
  if (status === 'verified') return `${open}<system-out>${detail}</system-out></testcase>\n`;
  const element = status === 'undecided' ? 'error' : 'failure';
  const message = markupText(`${STATUS_WORDS[status]}: ${view.reason}`);
  return `${open}<${element} type="${markupText(code ?? status)}" message="${message}">${detail}</${element}></testcase>\n`;
}

function property(name: string, value: string): string {
  return `<property name="${name}" value="${markupText(value)}"/>`;
}

/** Returns the facts of the run. The policy keeps its old property name and form, with its digest. */
function propertiesOf(context: ReportContext): string {
  const { policy } = context;
  const said = policy === undefined ? 'none: any identity' : `${policy.source} ${policy.digest}`;
  const origin = policy?.origin === undefined ? [] : [property('policy-origin', policy.origin)];
  const others = factTexts(context)
    .filter(([name]) => name !== 'policy')
    .map(([name, text]) => property(name.replaceAll(' ', '-'), text));
  return `<properties>${[property('policy', said), ...origin, ...others].join('')}</properties>\n`;
}

/** Returns the writer. It holds the cases back, because the counts stand before them. */
function createJunit(context: ReportContext): Writer {
  const { put, asked, now } = context;
  const held = createHeldText();
  const add = ({ piece }: Rendered): void => held.add(piece ?? '');
  const finish = (counts: Counts): void => {
    const tests = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const failures = counts.refused + counts['not-allowed'] + counts.unsigned;
    const numbers = `tests="${tests}" failures="${failures}" errors="${counts.undecided}"`;
    const name = markupText(`git signet verify ${asked.join(' ')}`.trim());
    const timestamp = isoTime(now).slice(0, -1);
    put(`<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${numbers} name="git-signet">\n`);
    put(`<testsuite name="${name}" ${numbers} skipped="0" time="0" timestamp="${timestamp}">\n`);
    put(propertiesOf(context));
    held.release(put);
    put('</testsuite>\n</testsuites>\n');
  };
  return { add, finish };
}

export const junit: ReportFormat = {
  meaning: 'CI systems',
  piece: (judged) => ({ piece: junitPiece(viewOf(judged)) }),
  open: createJunit,
};
