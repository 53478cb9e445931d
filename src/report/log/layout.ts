/** git log's named formats with a mark in each commit, and formats of the user's own with their `%G…` filled in. */

import { latin1, utf8 } from '../../core/bytes.ts';
import type { LogArguments } from '../../git/log/arguments.ts';
import type { Slot, SlotWidth } from '../../git/log/placeholders.ts';
import type { NamedFormat } from '../../git/log/pretty.ts';
import { type LogField, type LogRequest, MARKER } from '../../git/log/request.ts';
import { STATUS_COLOURS } from '../text.ts';
import { harmlessField, harmlessText } from './harmless.ts';
import { graphWidth, messageLines, noteLines, takeGraph, withGraph } from './lines.ts';
import { type LogMark, type SignatureAnswer, signOf } from './mark.ts';

/** A commit as git printed it. Characters are bytes. */
export interface PrintedCommit {
  readonly lead: string;
  readonly parts: readonly string[];
}

export interface Layout {
  /** The commit's text, in bytes as characters. */
  readonly lay: (commit: PrintedCommit, mark: LogMark) => string;
}

const RESET = '\x1b[m';
/** Hashes and names of refs: git colours them, and they hold no control character. */
const COLOURED: readonly LogField[] = ['hash', 'decoration'];
const LEAST_LABEL = 8;
const MOST_LABEL = 32;

/** Text of ours as the bytes that are written. */
const bytes = (text: string): string => latin1(utf8(text));
const columns = (text: string): number => [...text].length;

function painted(text: string, { status }: LogMark, { colour }: Pick<Look, 'colour'>): string {
  return colour ? `\x1b[${STATUS_COLOURS[status]}m${text}\x1b[m` : text;
}

/** How it is shown. */
export interface Look {
  readonly colour: boolean;
  /** On a person's terminal: there, no format may carry what moves the cursor. */
  readonly seen: boolean;
  /** Marks may be more than ASCII. */
  readonly unicode: boolean;
}

/** What git itself would say of the commit. It was asked for, if it is shown. */
function answerOf({ git }: LogMark): SignatureAnswer {
  if (git === undefined) throw new Error('a mark without the answer that was asked for');
  return git;
}

/** Labels stand in a column that grows with the widest so far, up to a bound. */
function labelColumn(): (label: string) => string {
  let width = LEAST_LABEL;
  return (label) => {
    width = Math.min(MOST_LABEL, Math.max(width, columns(label)));
    return label + ' '.repeat(Math.max(0, width - columns(label)));
  };
}

/** The part of a commit that a marker of that letter begins, by name. */
function fieldsOf(
  parts: readonly string[],
  names: readonly LogField[],
): ReadonlyMap<LogField, string> {
  const texts = parts.filter((part) => part.startsWith(MARKER.field));
  return new Map(
    names.map((name, at) => {
      const text = (texts[at] ?? '').slice(1);
      // git ends a colour where none was, because a marker stands before it
      const own = text.startsWith(RESET) ? text.slice(RESET.length) : text;
      return [name, COLOURED.includes(name) ? own : harmlessField(own)] as const;
    }),
  );
}

/** `<`, `>`, `-`, `=`, `+` where git log has them: `%m` says `>` for every other commit. */
function sideOf(side: string | undefined, marks: LogArguments['marks']): string {
  if (side === undefined || side === '') return '';
  if (side === '>' && marks === 'boundary') return '';
  return side === '>' && marks === 'cherry' ? '+ ' : `${side} `;
}

/** The hash, in git's colour, with what stands before and behind it within that colour. */
function hashText(fields: ReadonlyMap<LogField, string>, look: LogArguments, word: string): string {
  const hash = fields.get('hash') ?? '';
  const parents = fields.get('parents') ?? '';
  const behind = parents === '' ? '' : ` ${parents}`;
  const source = look.source ? `\t${fields.get('source') ?? ''}` : '';
  const marked = hash.replace(
    /[0-9a-f]{4,}/,
    (digits) => `${word}${sideOf(fields.get('side'), look.marks)}${digits}${behind}`,
  );
  return marked + source;
}

type Named = (fields: ReadonlyMap<LogField, string>, mark: LogMark) => readonly string[];

/** `Author: `, with the room that fuller takes. */
function peopleLines(name: NamedFormat, fields: ReadonlyMap<LogField, string>): readonly string[] {
  const of = (field: LogField): string => fields.get(field) ?? '';
  const author = of('author');
  if (name === 'fuller') {
    return [
      `Author:     ${author}`,
      `AuthorDate: ${of('authorDate')}`,
      `Commit:     ${of('committer')}`,
      `CommitDate: ${of('committerDate')}`,
    ];
  }
  if (name === 'full') return [`Author: ${author}`, `Commit: ${of('committer')}`];
  return name === 'short'
    ? [`Author: ${author}`]
    : [`Author: ${author}`, `Date:   ${of('authorDate')}`];
}

function onelineLayout(look: LogArguments, how: Look): Named {
  const label = labelColumn();
  return (fields, mark) => {
    const hash = hashText(fields, look, '') + (fields.get('decoration') ?? '');
    const reflog = fields.get('selector');
    const subject =
      reflog === undefined
        ? (fields.get('subject') ?? '')
        : `${reflog}: ${fields.get('reflogMessage') ?? ''}`;
    const sign = painted(signOf(mark, how.unicode), mark, how);
    const name = painted(label(mark.label), mark, how);
    const line = `${bytes(sign)} ${hash} ${bytes(name)} ${subject}`.replace(/ +$/, '');
    const sentence = look.showSignature ? answerOf(mark).sentence : '';
    return sentence === '' ? [line] : [line, `  ${bytes(sentence)}`];
  };
}

function headedLayout(name: NamedFormat, look: LogArguments, how: Look): Named {
  const tabs = look.tabs ?? (name === 'short' ? 0 : 8);
  return (fields, mark) => {
    const merged = fields.get('merged') ?? '';
    const told = (look.showSignature && answerOf(mark).sentence) || mark.told;
    const sign = painted(signOf(mark, how.unicode), mark, how);
    const selector = fields.get('selector');
    const message = messageLines((fields.get('body') ?? '').split('\n'), {
      tabs,
      short: name === 'short',
    });
    return [
      hashText(fields, look, 'commit ') + (fields.get('decoration') ?? ''),
      ...(selector === undefined
        ? []
        : [
            `Reflog: ${selector} (${fields.get('reflogger') ?? ''})`,
            `Reflog message: ${fields.get('reflogMessage') ?? ''}`,
          ]),
      `Signed: ${bytes(`${sign} ${told}`)}`,
      ...(merged.includes(' ') ? [`Merge: ${merged}`] : []),
      ...peopleLines(name, fields),
      ...(message.length === 0 ? [] : ['', ...message]),
      ...noteLines((fields.get('notes') ?? '').split('\n')),
    ];
  };
}

/** A named format's commit: taken off the graph, laid out, and put behind it again. */
function namedLayout(
  named: Named,
  fields: readonly LogField[],
  { prefixed }: LogArguments,
): Layout {
  return {
    lay: ({ lead, parts }, mark) => {
      if (!prefixed) return named(fieldsOf(parts, fields), mark).join('\n');
      const width = graphWidth(lead);
      const taken = parts.map((part) => takeGraph(part, width));
      const plain = taken.map(({ lines }) => lines.join('\n'));
      const graphs = taken.flatMap((each) => each.graphs);
      return withGraph(named(fieldsOf(plain, fields), mark), graphs);
    },
  };
}

function slotValue({ kind }: Slot, mark: LogMark, label: string, how: Look): string {
  if (kind === 'mark') return painted(`${signOf(mark, how.unicode)} ${label} `, mark, how);
  const { fields, lines } = answerOf(mark);
  switch (kind) {
    case '?':
      return fields.grade;
    case 'S':
      return fields.name;
    case 'K':
      return fields.key;
    case 'F':
      return fields.fingerprint;
    case 'P':
      return fields.primary;
    case 'T':
      return fields.trust;
    case 'G':
      return lines.map((line) => `${line}\n`).join('');
  }
}

/** Cut as git cuts (utf8.c): two dots where something is missing. */
function cutTo(text: string, { columns: most, cut }: SlotWidth): string {
  const characters = [...text];
  if (cut === undefined || characters.length <= most) return text;
  const kept = Math.max(0, most - 2);
  if (cut === 'trunc') return `${characters.slice(0, kept).join('')}..`;
  if (cut === 'ltrunc') return `..${characters.slice(characters.length - kept).join('')}`;
  const half = Math.floor(kept / 2);
  const tail = characters.slice(characters.length - (kept - half)).join('');
  return `${characters.slice(0, half).join('')}..${kept === half ? '' : tail}`;
}

function padded(text: string, width: SlotWidth | undefined): string {
  if (width === undefined) return text;
  const cut = cutTo(text, width);
  const missing = Math.max(0, width.columns - columns(cut));
  const left = width.align === '<' ? 0 : width.align === '>' ? missing : Math.floor(missing / 2);
  return `${' '.repeat(left)}${cut}${' '.repeat(missing - left)}`;
}

/** `%+G…` puts a line end before a value, and `% G…` a blank. `%-G…` takes line ends away before an empty one. */
function joinedTo(before: string, value: string, joined: string | undefined): string {
  if (joined === '-') return value === '' ? before.replace(/\n+$/, '') : before + value;
  if (joined === undefined || value === '') return before + value;
  return `${before}${joined === '+' ? '\n' : ' '}${value}`;
}

/** The user's own format: what git printed, with each slot filled. */
function ownLayout(slots: readonly Slot[], { prefixed }: LogArguments, how: Look): Layout {
  const { colour, seen } = how;
  const label = labelColumn();
  return {
    lay: ({ parts }, mark) => {
      const [head = '', ...more] = seen ? parts.map((part) => harmlessText(part, colour)) : parts;
      const shown = label(mark.label);
      return more.reduce((text, part) => {
        const dot = part.indexOf('.');
        const slot = slots[Number(part.slice(1, dot))];
        if (slot === undefined) return text + part.slice(dot + 1);
        const whole = slotValue(slot, mark, shown, how);
        // a line end of ours would have no graph behind it
        const value = padded(prefixed ? whole.trimEnd() : whole, slot.width);
        return joinedTo(text, bytes(value), slot.joined) + part.slice(dot + 1);
      }, head);
    },
  };
}

/** How the commits of this request are laid out. */
export function layoutOf(request: LogRequest, look: LogArguments, how: Look): Layout {
  const { fields, slots } = request;
  if (fields === undefined || look.pretty.kind === 'own') return ownLayout(slots, look, how);
  const { name } = look.pretty;
  const named = name === 'oneline' ? onelineLayout(look, how) : headedLayout(name, look, how);
  return namedLayout(named, fields, look);
}
