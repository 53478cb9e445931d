/**
 * The table that a person reads: one line an object, one line of counts. Hostile text is made visible, never
 * obeyed (threat S10); colour only repeats what the first word says.
 */

import { visible } from '../core/escape.ts';
import { subjectLine } from '../core/git/object.ts';
import type { Finding, Outcome, Signer, Verdict } from '../core/verdict.ts';
import type { Counts, Judged } from './judged.ts';
import { verdictLine } from './verdict-line.ts';

/** One line of the table, before its columns are aligned. Already escaped. */
export interface TextRow {
  readonly status: Verdict['status'];
  readonly id: string;
  readonly who: string;
  readonly subject: string;
  readonly note: string;
}

/** The word that stands for a status in every report. */
export const STATUS_WORDS: Readonly<Record<Verdict['status'], string>> = {
  verified: 'ok',
  'not-allowed': 'not ok',
  refused: 'refused',
  unsigned: 'unsigned',
  undecided: 'unknown',
};
const COLOURS: Readonly<Record<Verdict['status'], number>> = {
  verified: 32,
  'not-allowed': 31,
  refused: 31,
  unsigned: 33,
  undecided: 33,
};
const COUNTED: readonly (readonly [Verdict['status'], string])[] = [
  ['verified', 'ok'],
  ['refused', 'refused'],
  ['unsigned', 'unsigned'],
  ['not-allowed', 'not allowed'],
  ['undecided', 'undecided'],
];
export const SHORT_ID = 7;
const MAX_SUBJECT = 50;
const MAX_COLUMN = 60;

const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';
const GITHUB_WORKFLOW =
  /^https:\/\/github\.com\/([\w.-]+\/[\w.-]+)\/\.github\/workflows\/([\w.-]+)@([\w./-]+)$/;

/** A signer in a few words. Raw text: escape it. A GitHub workflow of its own repository is shortened, all else is shown whole. */
export function shortSigner(signer: Signer): string {
  if (signer.kind === 'openpgp') return `OpenPGP key ${signer.value.slice(-16)}`;
  if (signer.kind === 'ssh') return `SSH key ${signer.value.slice(0, 23)}`;
  const match = signer.kind === 'uri' ? GITHUB_WORKFLOW.exec(signer.value) : null;
  if (match === null || signer.issuer !== GITHUB_ISSUER) return signer.value;
  const [, repository, file, ref] = match;
  if (repository !== signer.extensions['5']) return signer.value;
  return `${file}@${ref} (${repository})`;
}

/** The signer in a few words; for an unproved one, that it is a claim. Raw text. */
export function whoOf(verdict: Outcome): string {
  if ('signer' in verdict && verdict.signer !== undefined) {
    const who = shortSigner(verdict.signer);
    const named = verdict.status === 'verified' && 'kind' in verdict;
    return named ? `${verdict.rule} (${who})` : who;
  }
  const claimed = 'claimedSigner' in verdict ? verdict.claimedSigner : undefined;
  return claimed === undefined ? '–' : `claims ${shortSigner(claimed)}`;
}

/** A text cut to what there is room for, by characters. */
export function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const characters = [...text];
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join('')}…`;
}

/** What a policy noticed besides the reason that is told anyway; empty for most. Raw text. */
export function notesOf(verdict: Outcome): readonly Finding[] {
  const told = 'detail' in verdict ? verdict.detail : undefined;
  const findings = 'findings' in verdict ? (verdict.findings ?? []) : [];
  return findings.filter(({ detail }) => detail !== told);
}

/** The ref that an object was asked for by, in front of what is said of it: a short name may have meant another. */
function calledBy({ type, ref }: Judged): string {
  if (ref === undefined) return '';
  if (type === 'tag') return `tag ${visible(ref.replace(/^refs\/tags\//, ''))}: `;
  return ref.startsWith('refs/') ? `${visible(ref)}: ` : '';
}

/** The table's line for one object. */
export function textRow(judged: Judged): TextRow {
  const { verdict, raw, id } = judged;
  const subject = raw === undefined ? '' : shortened(visible(subjectLine(raw)), MAX_SUBJECT);
  const named = `${calledBy(judged)}${subject}`;
  const silent = verdict.status === 'verified' || verdict.status === 'unsigned';
  const reason =
    'detail' in verdict && !(silent && verdict.code === 'unsigned' && raw) ? verdict.detail : '';
  const notes = notesOf(verdict).map(({ detail }) => detail);
  const note = [reason, ...notes].filter((part) => part !== '').join('; ');
  return {
    status: verdict.status,
    id: id.slice(0, SHORT_ID),
    who: visible(whoOf(verdict)),
    subject: named,
    note: visible(note),
  };
}

/** What is said of an object that was asked for alone. */
export function textSentence(judged: Judged): string {
  const { verdict, type } = judged;
  const ref = type === 'tag' ? '' : calledBy(judged);
  if (verdict.status === 'unsigned') return ref + visible(`unsigned: ${verdict.detail}`);
  return ref + visible(verdictLine(verdict, type === 'tag' ? 'tag' : 'commit'));
}

/** Columns are as wide as the rows so far need, up to a bound: an outlier does not push all others away. */
export interface Widths {
  readonly who: number;
  readonly subject: number;
}

const width = (text: string): number => [...text].length;
const padded = (text: string, to: number): string =>
  text + ' '.repeat(Math.max(0, to - width(text)));

/** Column widths that fit these rows. */
export function widthsOf(rows: readonly TextRow[]): Widths {
  const widest = (pick: (row: TextRow) => string): number =>
    Math.min(
      MAX_COLUMN,
      rows.reduce((most, row) => Math.max(most, width(pick(row))), 0),
    );
  return { who: widest((row) => row.who), subject: widest((row) => row.subject) };
}

/** One line of the table, with its line end. */
export function textLine(row: TextRow, widths: Widths, colour: boolean): string {
  const label = padded(STATUS_WORDS[row.status], 8);
  const shown = colour ? `\x1b[${COLOURS[row.status]}m${label}\x1b[0m` : label;
  const columns = [padded(row.who, widths.who), padded(row.subject, widths.subject), row.note];
  return `${shown} ${row.id}  ${columns.join('  ').trimEnd()}\n`;
}

/** `5 commits: 2 ok, 1 refused, 1 unsigned, 1 not allowed` */
export function countsLine(counts: Counts, noun: string): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const parts = COUNTED.filter(([status]) => counts[status] > 0);
  const said = parts.map(([status, word]) => `${counts[status]} ${word}`).join(', ');
  return `${total} ${noun}${total === 1 ? '' : 's'}: ${said}`;
}

/** The line of counts after an empty line, what judged (factsLine), and what mends the rest, where a command does. */
export function textSummary(counts: Counts, noun: string, judged: string, mend?: string): string {
  const next = mend === undefined ? '' : `  ${visible(mend)}\n`;
  return `\n${countsLine(counts, noun)}\n${visible(judged)}\n${next}`;
}
