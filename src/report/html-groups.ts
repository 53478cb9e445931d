/**
 * Groups the rows of the HTML report by status and cause. A group shows its first rows, and folds the others away. What a
 * page lists is bounded, so that a range of any length makes a page that a browser opens.
 */

import { many } from '../core/plural.ts';
import type { Verdict } from '../core/verdict.ts';
import type { Rendered } from './format.ts';
import { STATUS_ORDER, STATUS_SIGNS, STATUS_WORDS } from './text.ts';

/** Rows that stand open in a group. */
const OPEN_ROWS = 5;
/** Most rows of a group, and of the page. */
const GROUP_ROWS = 2000;
const PAGE_ROWS = 10_000;

interface Group {
  readonly status: Verdict['status'];
  readonly code: string;
  /** The detail of the first result. HTML. */
  readonly detail: string;
  /** True as long as all results have that detail. */
  alike: boolean;
  count: number;
  readonly rows: Row[];
}

/** A row up to its end tag, and its detail. HTML. */
type Row = Pick<Rendered, 'piece'> & { readonly detail: string };

export interface RowGroups {
  readonly add: (result: Rendered) => void;
  /** Returns the groups of these statuses as HTML, in the order of the counts, the largest cause first. */
  readonly draw: (statuses: (status: Verdict['status']) => boolean) => string;
}

function rowsHtml(group: Group): (rows: readonly Row[]) => string {
  // a detail that all of them share stands above them
  const detailOf = ({ detail }: Row): string =>
    group.alike || detail === '' ? '' : `<small>${detail}</small>`;
  return (rows) =>
    `<ol>${rows.map((row) => `${row.piece ?? ''}${detailOf(row)}</li>\n`).join('')}</ol>`;
}

function listHtml(group: Group, noun: string): string {
  const list = rowsHtml(group);
  const [open, folded] = [group.rows.slice(0, OPEN_ROWS), group.rows.slice(OPEN_ROWS)];
  const left = group.count - group.rows.length;
  const more =
    folded.length === 0
      ? ''
      : `<details><summary>${many(folded.length, `more ${noun}`)}</summary>${list(folded)}</details>`;
  const rest =
    left === 0
      ? ''
      : `<p class="note">${many(left, `more ${noun}`)} ${left === 1 ? 'is' : 'are'} not listed here. --format jsonl lists every one.</p>`;
  return `${list(open)}${more}${rest}\n`;
}

/** Writes a reason code as words: `content-digest-differs` becomes `content digest differs`. */
const codeWords = (code: string): string => code.replaceAll('-', ' ');

function groupHtml(group: Group, noun: string): string {
  const { status, code, count, alike, detail } = group;
  const why = alike && detail !== '' ? `<p>${detail}</p>` : '';
  if (status === 'verified') return `${why}${listHtml(group, noun)}`;
  const word = STATUS_WORDS[status];
  const cause = codeWords(code) === word ? '' : `: ${codeWords(code)}`;
  const help = `<p class="note">Explained by: <code>git signet help ${code}</code></p>`;
  return `<h3>${STATUS_SIGNS[status][0]} ${word}${cause} (${many(count, noun)})</h3>${why}${help}${listHtml(group, noun)}`;
}

/** Returns no groups yet. `noun` is the word for what is counted. */
export function createGroups(noun: string): RowGroups {
  const groups = new Map<string, Group>();
  let listed = 0;
  const add = ({ status, piece, cause }: Rendered): void => {
    const { code = '', detail = '' } = cause ?? {};
    const key = `${status} ${code}`;
    const group = groups.get(key) ?? { status, code, detail, alike: true, count: 0, rows: [] };
    groups.set(key, group);
    group.count += 1;
    if (detail !== group.detail) group.alike = false;
    if (group.rows.length >= GROUP_ROWS || listed >= PAGE_ROWS) return;
    group.rows.push({ piece: piece ?? '', detail });
    listed += 1;
  };
  const draw: RowGroups['draw'] = (chosen) => {
    const rank = ({ status }: Group): number => STATUS_ORDER.indexOf(status);
    const drawn = [...groups.values()]
      .filter(({ status }) => chosen(status))
      .sort((a, b) => rank(a) - rank(b) || b.count - a.count);
    return drawn.map((group) => groupHtml(group, noun)).join('');
  };
  return { add, draw };
}
