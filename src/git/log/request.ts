/** The question that git log is asked: data between markers for the formats that are laid out here, the user's own format else. */

import { UsageError } from '../../errors.ts';
import type { LogArguments } from './arguments.ts';
import { rewriteFormat, type Slot } from './placeholders.ts';
import type { NamedFormat } from './pretty.ts';

/** What git is asked to print of a commit for a named format, in this order. */
export const FIELDS = [
  ...['hash', 'decoration', 'side', 'parents', 'source', 'merged', 'selector', 'reflogger'],
  ...['reflogMessage', 'author', 'authorDate', 'committer', 'committerDate', 'subject', 'body'],
  'notes',
] as const;
export type LogField = (typeof FIELDS)[number];

export interface LogRequest {
  /** The format, for `--pretty`. */
  readonly format: string;
  /** Undefined: the format is the user's own. */
  readonly fields?: readonly LogField[];
  readonly slots: readonly Slot[];
  /** Nothing is printed of a commit, so nothing can be marked. */
  readonly empty: boolean;
}

/** Markers are the number and a letter: a commit begins, a field ends, a slot, a commit ends. */
export const MARKER = { begin: 'b', field: 'f', slot: 's', end: 'e' } as const;

/** Lines that a named format may print before the message, the empty one and the mark included. */
const HEAD_LINES: Readonly<Record<NamedFormat, number>> = {
  oneline: 0,
  short: 4,
  medium: 5,
  full: 5,
  fuller: 7,
};

function fieldsFor(
  name: NamedFormat,
  look: LogArguments,
  decorated: boolean,
): ReadonlyMap<LogField, string> {
  const { mailmap } = look;
  const person = (who: string): string => (mailmap ? `%${who}N <%${who}E>` : `%${who}n <%${who}e>`);
  const wanted: readonly (readonly [LogField, string, boolean])[] = [
    ['hash', look.shortHash ? '%C(auto)%h' : '%C(auto)%H', true],
    ['decoration', '%d', decorated],
    ['side', '%m', look.marks !== 'none' && !look.graph],
    ['parents', look.shortHash ? '%p' : '%P', look.parents],
    ['source', '%S', look.source],
    ['merged', '%p', name !== 'oneline'],
    ['selector', '%gD', look.reflog],
    ['reflogger', mailmap ? '%gN <%gE>' : '%gn <%ge>', look.reflog],
    ['reflogMessage', '%gs', look.reflog],
    ['author', person('a'), name !== 'oneline'],
    ['authorDate', '%ad', name === 'medium' || name === 'fuller'],
    ['committer', person('c'), name === 'full' || name === 'fuller'],
    ['committerDate', '%cd', name === 'fuller'],
    ['subject', '%s', name === 'oneline'],
    ['body', '%B', name !== 'oneline'],
    ['notes', '%N', look.notes && name !== 'oneline'],
  ];
  return new Map(wanted.flatMap(([field, text, is]) => (is ? [[field, text] as const] : [])));
}

/** Under a graph git must print as many lines as may be needed: each has its own piece of the graph. */
function lineRoom(field: LogField, name: NamedFormat, { prefixed, reflog }: LogArguments): string {
  if (!prefixed) return '';
  if (field === 'body') return '%n'.repeat(HEAD_LINES[name] + (reflog ? 2 : 0) + 1);
  return field === 'notes' ? '%n'.repeat(3) : '';
}

/** Returns the request for these arguments. `number` holds 128 random bits. `decorated` says that names of refs are shown. */
export function logRequest(look: LogArguments, decorated: boolean, number: string): LogRequest {
  const begin = `${number}${MARKER.begin}%H.`;
  const end = `${number}${MARKER.end}`;
  const { pretty } = look;
  if (pretty.kind === 'named') {
    const { name } = pretty;
    const wanted = fieldsFor(name, look, decorated);
    const fields = [...wanted.keys()];
    const text = [...wanted].map(
      ([field, what]) => `${number}${MARKER.field}${lineRoom(field, name, look)}${what}`,
    );
    const oneline = name === 'oneline';
    const room = oneline && look.prefixed && look.showSignature ? '%n' : '';
    const body = `${begin}${text.join('')}${room}${end}`;
    return {
      format: oneline ? `tformat:${body}` : `format:${body}%n`,
      fields,
      slots: [],
      empty: false,
    };
  }
  const marker = (slot: number): string => `${number}${MARKER.slot}${slot}.`;
  const { text, slots } = rewriteFormat(pretty.text, marker);
  if (look.prefixed && slots.some(({ joined }) => joined === '+' || joined === '-')) {
    throw new UsageError('%+G… and %-G… change lines, which a graph does not allow', {
      hint: "git signet log --graph --format='%h %G? %s'",
    });
  }
  const prefix = pretty.terminated ? 'tformat:' : 'format:';
  if (text === '') return { format: prefix, slots: [], empty: true };
  const [, head = '', tail = ''] = /^(.*?)((?:%n)*)$/s.exec(text) ?? [];
  return { format: `${prefix}${begin}${head}${end}${tail}`, slots, empty: false };
}
