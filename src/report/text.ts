/**
 * Writes the lines of the table: one line for each object, and one line of counts. Hostile text is made visible and
 * cannot act on the terminal (threat S10). Colour only repeats the first word.
 */

import { visible } from '../core/escape.ts';
import { subjectLine } from '../core/git/signed-object.ts';
import { plural } from '../core/plural.ts';
import type { Finding, Outcome, Signer, Verdict } from '../core/verdict.ts';
import { displayWidth, padded } from '../system/layout.ts';
import { approvalText } from './approvals.ts';
import { carriedBy, carriedFrom } from './carried.ts';
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

/** The word for a status in every report. */
export const STATUS_WORDS: Readonly<Record<Verdict['status'], string>> = {
  verified: 'verified',
  'not-allowed': 'not allowed',
  refused: 'refused',
  unsigned: 'unsigned',
  undecided: 'undecided',
};
/** The colour of each status (SGR). It only repeats the word. */
export const STATUS_COLOURS: Readonly<Record<Verdict['status'], number>> = {
  verified: 32,
  'not-allowed': 31,
  refused: 31,
  unsigned: 33,
  undecided: 33,
};
/** The sign of each status, for a screen that shows Unicode and for one that does not. It says the same as the colour. */
export const STATUS_SIGNS: Readonly<
  Record<Verdict['status'], readonly [unicode: string, ascii: string]>
> = {
  verified: ['✓', 'v'],
  'not-allowed': ['✗', 'x'],
  refused: ['✗', 'x'],
  unsigned: ['○', 'o'],
  undecided: ['?', '?'],
};
/** The order in which every report counts. */
export const STATUS_ORDER: readonly Verdict['status'][] = [
  'verified',
  'refused',
  'unsigned',
  'not-allowed',
  'undecided',
];
/** Width of the first column: the longest word. */
const LABEL = 11;
export const SHORT_ID = 7;
const MAX_SUBJECT = 50;
const MAX_COLUMN = 60;

const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';
const GITHUB_WORKFLOW =
  /^https:\/\/github\.com\/([\w.-]+\/[\w.-]+)\/\.github\/workflows\/([\w.-]+)@([\w./-]+)$/;

/** Returns a short name of a signer. A GitHub workflow of its own repository is shortened, and all others are shown whole. Raw text, so escape it. */
export function shortSigner(signer: Signer): string {
  if (signer.kind === 'openpgp') return `OpenPGP key ${signer.value.slice(-16)}`;
  if (signer.kind === 'ssh') return `SSH key ${signer.value.slice(0, 23)}`;
  const match = signer.kind === 'uri' ? GITHUB_WORKFLOW.exec(signer.value) : null;
  if (match === null || signer.issuer !== GITHUB_ISSUER) return signer.value;
  const [, repository, file, ref] = match;
  if (repository !== signer.extensions['5']) return signer.value;
  return `${file}@${ref} (${repository})`;
}

/** Returns a short name of the signer, and says so if it is only claimed. Raw text. */
export function whoOf(verdict: Outcome): string {
  if ('carried' in verdict && verdict.carried !== undefined) return carriedBy(verdict.carried);
  if ('signer' in verdict && verdict.signer !== undefined) {
    const who = shortSigner(verdict.signer);
    const named = verdict.status === 'verified' && 'kind' in verdict;
    return named ? `${verdict.rule} (${who})` : who;
  }
  const claimed = 'claimedSigner' in verdict ? verdict.claimedSigner : undefined;
  return claimed === undefined ? '–' : `claims ${shortSigner(claimed)}`;
}

/** Cuts a text to a number of characters. */
export function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const characters = [...text];
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join('')}…`;
}

/** Returns the findings of the policy without the one that is already the reason. Raw text. */
export function notesOf(verdict: Outcome): readonly Finding[] {
  const told = 'detail' in verdict ? verdict.detail : undefined;
  const findings = 'findings' in verdict ? (verdict.findings ?? []) : [];
  return findings.filter(({ detail }) => detail !== told);
}

/** Returns the ref of an object as a prefix. The caller may have meant another ref by the same short name. */
function calledBy({ type, ref }: Judged): string {
  if (ref === undefined) return '';
  if (type === 'tag') return `tag ${visible(ref.replace(/^refs\/tags\//, ''))}: `;
  return ref.startsWith('refs/') ? `${visible(ref)}: ` : '';
}

/** Returns the table's row for one object. */
export function textRow(judged: Judged): TextRow {
  const { verdict, raw, id } = judged;
  const subject = raw === undefined ? '' : shortened(visible(subjectLine(raw)), MAX_SUBJECT);
  const named = `${calledBy(judged)}${subject}`;
  // the word says already that it is unsigned
  const silent = verdict.status === 'unsigned' && verdict.code === 'unsigned' && raw !== undefined;
  const reason = !('detail' in verdict) ? '' : silent ? (verdict.notCarried ?? '') : verdict.detail;
  const carried =
    'carried' in verdict && verdict.carried !== undefined ? carriedFrom(verdict.carried) : '';
  const notes = notesOf(verdict).map(({ detail }) => detail);
  const parts = [reason, carried, ...notes, approvalText(verdict)];
  const note = parts.filter((part) => part !== '').join('; ');
  return {
    status: verdict.status,
    id: id.slice(0, SHORT_ID),
    who: visible(whoOf(verdict)),
    subject: named,
    note: visible(note),
  };
}

/** Returns the sentence about a single object. */
export function textSentence(judged: Judged): string {
  const { verdict, type } = judged;
  const ref = type === 'tag' ? '' : calledBy(judged);
  if (verdict.status === 'unsigned') return ref + visible(`unsigned: ${verdict.detail}`);
  const approved = approvalText(verdict);
  const line = verdictLine(verdict, type === 'tag' ? 'tag' : 'commit');
  return ref + visible(approved === '' ? line : `${line}; ${approved}`);
}

/** Widths of the columns, in characters. They have an upper bound, so that one long row does not push the others away. */
export interface Widths {
  readonly who: number;
  readonly subject: number;
}

/** Returns the widths that fit these rows. */
export function widthsOf(rows: readonly TextRow[]): Widths {
  const widest = (pick: (row: TextRow) => string): number =>
    Math.min(
      MAX_COLUMN,
      rows.reduce((most, row) => Math.max(most, displayWidth(pick(row))), 0),
    );
  return { who: widest((row) => row.who), subject: widest((row) => row.subject) };
}

/** Returns one line of the table, with its line end. */
export function textLine(row: TextRow, widths: Widths, colour: boolean): string {
  const label = padded(STATUS_WORDS[row.status], LABEL);
  const shown = colour ? `\x1b[${STATUS_COLOURS[row.status]}m${label}\x1b[0m` : label;
  const columns = [padded(row.who, widths.who), padded(row.subject, widths.subject), row.note];
  return `${shown} ${row.id}  ${columns.join('  ').trimEnd()}\n`;
}

/** Returns e.g. `5 commits: 2 verified, 1 refused, 1 unsigned, 1 not allowed`. */
export function countsLine(counts: Counts, noun: string): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const there = STATUS_ORDER.filter((status) => counts[status] > 0);
  const said = there.map((status) => `${counts[status]} ${STATUS_WORDS[status]}`).join(', ');
  return `${plural(total, noun)}: ${said}`;
}

/** Returns the last lines: counts, facts of the run (factsLine), and the command that repairs the range, if there is one. */
export function textSummary(counts: Counts, noun: string, judged: string, mend?: string): string {
  const next = mend === undefined ? '' : `  ${visible(mend)}\n`;
  return `\n${countsLine(counts, noun)}\n${visible(judged)}\n${next}`;
}
