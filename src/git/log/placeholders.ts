/**
 * A format of the user's own, rewritten for git: each `%G…` becomes a marker that is filled in later, with what is asked
 * of its width. A marker holds a number that is drawn in this run, so no commit can hold it (threat S10).
 */

import { UsageError } from '../../errors.ts';

/** The letter of a `%G…`. `mark` stands before a format that has none of them. */
export type SlotKind = '?' | 'S' | 'K' | 'F' | 'P' | 'T' | 'G' | 'mark';

export interface Slot {
  readonly kind: SlotKind;
  /** `%+G…`, `%-G…`, `% G…` */
  readonly joined?: string | undefined;
  readonly width?: SlotWidth | undefined;
}

/** What `%<(N)`, `%>(N)` and `%><(N)` ask for, in columns. */
export interface SlotWidth {
  readonly align: '<' | '>' | '><';
  readonly columns: number;
  readonly cut?: 'trunc' | 'ltrunc' | 'mtrunc' | undefined;
}

export interface Rewritten {
  readonly text: string;
  readonly slots: readonly Slot[];
}

const SLOT = /^%([-+ ]?)G([?SKFPTG])/;
const WIDTH = /^%(<|>>?|><)(\|?)\( *(-?\d+) *(?:, *(trunc|ltrunc|mtrunc) *)?\)/;
/** Colours and wrapping: an asked width waits behind them. */
const PASSING = /^%(?:C(?:\([^)]*\)|red|green|blue|reset)|w\([^)]*\))/;
const OTHER = /^%(?:%|x[0-9a-fA-F]{2}|[-+ ]?\([^)]*\)|n|[-+ ]?[a-zA-Z]{1,2}|.)/s;

function widthOf([, align = '<', column, columns = '0', cut]: readonly (
  | string
  | undefined
)[]): SlotWidth {
  if (column === '|') {
    throw new UsageError('a column (%<|(N)) cannot be kept before %G…', {
      hint: "say how wide it is instead: --format='%<(20)%GS'",
    });
  }
  return {
    align: align === '>>' ? '>' : (align as SlotWidth['align']),
    columns: Math.max(0, Number(columns)),
    cut: cut as SlotWidth['cut'],
  };
}

/**
 * Rewrites a format. `marker` returns the marker of a slot by its number. A format without `%G…` gets a mark in front.
 * @throws UsageError for a column that is asked of `%G…`
 */
export function rewriteFormat(format: string, marker: (slot: number) => string): Rewritten {
  const slots: Slot[] = [];
  const parts: string[] = [];
  /** The part that holds a width which the next placeholder takes. */
  let waiting: { readonly part: number; readonly match: RegExpExecArray } | undefined;
  let at = 0;
  while (at < format.length) {
    const rest = format.slice(at);
    if (!rest.startsWith('%')) {
      const end = rest.indexOf('%');
      const text = end < 0 ? rest : rest.slice(0, end);
      parts.push(text);
      at += text.length;
      continue;
    }
    const width = WIDTH.exec(rest);
    const slot = SLOT.exec(rest);
    const passing = PASSING.exec(rest);
    const [taken] = width ?? slot ?? passing ?? OTHER.exec(rest) ?? [rest];
    at += taken.length;
    if (slot !== null) {
      const kind = slot[2] as SlotKind;
      const asked = waiting === undefined ? {} : { width: widthOf(waiting.match) };
      if (waiting !== undefined) parts[waiting.part] = '';
      slots.push({ kind, ...(slot[1] ? { joined: slot[1] } : {}), ...asked });
      parts.push(marker(slots.length - 1));
      waiting = undefined;
      continue;
    }
    if (width !== null) waiting = { part: parts.length, match: width };
    else if (passing === null && taken !== '%%') waiting = undefined;
    parts.push(taken);
  }
  if (slots.length > 0 || format === '') return { text: parts.join(''), slots };
  return { text: `${marker(0)}${format}`, slots: [{ kind: 'mark' }] };
}
