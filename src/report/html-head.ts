/** Writes the head of the HTML report: what is true of the whole run, how many of each verdict, and what judged it. */

import { markupText } from '../core/markup.ts';
import { grouped } from '../core/plural.ts';
import type { Verdict } from '../core/verdict.ts';
import type { ReportContext, ReportSubject } from './format.ts';
import { REPORT_STYLE } from './html-style.ts';
import type { Counts } from './judged.ts';
import { factTexts } from './run-facts.ts';
import { runVerdict } from './run-verdict.ts';
import { STATUS_COLOURS, STATUS_ORDER, STATUS_SIGNS, STATUS_WORDS } from './text.ts';

/** The colours of terminals (SGR) as classes, so that a status has one colour everywhere. */
const CLASSES: Readonly<Record<number, string>> = { 32: 'ok', 31: 'bad', 33: 'warn' };

/** Returns the class of a status: `t-ok`, `t-bad`, `t-warn`. */
function toneOf(status: Verdict['status']): string {
  return `t-${CLASSES[STATUS_COLOURS[status]]}`;
}

function countsHtml(counts: Counts): string {
  const there = STATUS_ORDER.filter((status) => counts[status] > 0);
  const items = there.map(
    (status) =>
      `<li class="${toneOf(status)}">${STATUS_SIGNS[status][0]} <b>${grouped(counts[status])}</b>${STATUS_WORDS[status]}</li>`,
  );
  const bars = there.map(
    (status) => `<i class="${toneOf(status)}" style="flex:${counts[status]}"></i>`,
  );
  return `<ul class="counts">${items.join('')}</ul><div class="bar" aria-hidden="true">${bars.join('')}</div>\n`;
}

type Fact = readonly [name: string, html: string];

/** Most tips that are named, with their bases. */
const SUBJECTS = 5;

/** Returns a range with the full hashes that its names meant. A single object has one. */
function subjectFact({ id, type, name, base = [] }: ReportSubject): Fact {
  const hash = (one: string): string => `<code>${markupText(one)}</code>`;
  const named = name === id ? '' : `${markupText(name)}: `;
  if (base.length === 0) return [type === 'tag' ? 'Tag' : 'Commit', `${named}${hash(id)}`];
  return ['Range', `${named}from ${base.slice(0, SUBJECTS).map(hash).join(', ')} to ${hash(id)}`];
}

function subjectFacts({ subjects, asked }: ReportContext): readonly Fact[] {
  const shown = subjects.slice(0, SUBJECTS).map(subjectFact);
  const left = subjects.length - shown.length;
  if (shown.length === 0) return [['Judged', markupText(asked.join(' ') || 'HEAD')]];
  return left === 0 ? shown : [...shown, ['', `and ${left} more`]];
}

/** Returns a fact of the run, and the digest of the file behind it. */
function runFacts(context: ReportContext): readonly Fact[] {
  const digests: Readonly<Record<string, string | undefined>> = {
    policy: context.policy?.digest,
    'trust root': context.trust.digest,
  };
  return factTexts(context).map(([name, text]) => {
    const digest = digests[name];
    const sum = digest === undefined ? '' : `, SHA-256 <code>${markupText(digest)}</code>`;
    return [`${name.slice(0, 1).toUpperCase()}${name.slice(1)}`, `${markupText(text)}${sum}`];
  });
}

function factsHtml(context: ReportContext): string {
  const facts: readonly Fact[] = [
    ['Repository', markupText(context.repository)],
    ...subjectFacts(context),
    ...runFacts(context),
    ['Made by', `git-signet ${markupText(context.version)}`],
  ];
  const rows = facts.map(([name, html]) => `<dt>${name}</dt><dd>${html}</dd>`);
  return `<dl>${rows.join('\n')}</dl>\n`;
}

const ANYONE = `<p>No policy was given, so every signer passes. This page says who signed, and not who may sign.</p>`;

/** Returns the page up to the causes. It holds no time of its own: the same verdicts make the same page. */
export function headHtml(counts: Counts, passed: boolean, context: ReportContext): string {
  const { tone, sign, words } = runVerdict(counts, passed, context);
  const about = markupText(`${context.repository} ${context.asked.join(' ') || 'HEAD'}`);
  const anyone = context.policy === undefined;
  const policyTag = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">${policyTag}
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">
<title>${words}: ${about} – git-signet</title>
<style>${REPORT_STYLE}</style></head><body${anyone ? ' class="anyone"' : ''}>
<header class="${tone}"><p>git-signet: ${about}</p>
<h1>${sign} ${words}</h1>${anyone ? ANYONE : ''}</header>
<main>
${countsHtml(counts)}${factsHtml(context)}`;
}
