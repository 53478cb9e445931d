/** What another machine says, as it is shown or kept here: escaped, and cut where a megabyte of it would be in the way (D14). */

import { visible } from '../../core/escape.ts';

const SUBJECT = 200;
/** As long as the name of an object gets. */
const NAME = 64;
const NAMES = 16;

function cut(text: string, length: number, mark: string): string {
  const escaped = visible(text.slice(0, length));
  return text.length <= length && escaped.length <= length
    ? escaped
    : `${escaped.slice(0, length)}${mark}`;
}

/** A line of text; where it was cut it says so. */
export function briefText(text: string): string {
  return cut(text, SUBJECT, '… (cut)');
}

/** Names of objects; in place of those beyond the first sixteen, how many there were. */
export function briefNames(names: readonly string[]): readonly string[] {
  const first = names.slice(0, NAMES).map((name) => cut(name, NAME, '…'));
  const more = names.length - first.length;
  return more === 0 ? first : [...first, `… and ${more} more`];
}
