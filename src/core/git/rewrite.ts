/**
 * A commit made again: other parents, another signature, every other byte as it was (dates, encoding, mergetag, what no
 * one knows). Lines are cut and put, never parsed and written again.
 */

import { concat, concatAll, latin1, utf8 } from '../bytes.ts';
import type { ObjectFormat } from './object.ts';

const NEWLINE = 0x0a;
const SPACE = 0x20;

interface Line {
  /** With its line end, and with the lines that continue it. */
  readonly bytes: Uint8Array;
  readonly name: string;
}

/** Header lines, and the rest from the blank line on. */
function splitHeader(raw: Uint8Array): {
  readonly lines: readonly Line[];
  readonly rest: Uint8Array;
} {
  const lines: Line[] = [];
  let at = 0;
  while (at < raw.length && raw[at] !== NEWLINE) {
    let end = at;
    do {
      const newline = raw.indexOf(NEWLINE, end);
      end = newline === -1 ? raw.length : newline + 1;
    } while (end < raw.length && raw[end] === SPACE);
    const bytes = raw.subarray(at, end);
    lines.push({ bytes, name: latin1(bytes.subarray(0, Math.max(0, bytes.indexOf(SPACE)))) });
    at = end;
  }
  return { lines, rest: raw.subarray(at) };
}

/** The parents that a raw commit names, in order: those right behind its tree. */
export function parentsOf(raw: Uint8Array): readonly string[] {
  const { lines } = splitHeader(raw);
  const after = lines.slice(1).findIndex(({ name }) => name !== 'parent');
  const parents = lines.slice(1, after === -1 ? undefined : after + 1);
  return parents.map(({ bytes }) => latin1(bytes).slice('parent '.length).trimEnd());
}

/** What a new signature covers: the commit without any signature, its parents replaced as `renamed` says. */
export function unsignedCommit(raw: Uint8Array, renamed: ReadonlyMap<string, string>): Uint8Array {
  const { lines, rest } = splitHeader(raw);
  const count = parentsOf(raw).length;
  const kept = lines.flatMap(({ bytes, name }, index) => {
    if (name.startsWith('gpgsig')) return [];
    if (index === 0 || index > count) return [bytes];
    const parent = latin1(bytes).slice('parent '.length).trimEnd();
    return [utf8(`parent ${renamed.get(parent) ?? parent}\n`)];
  });
  return concatAll([...kept, rest]);
}

/** The commit with its signature, as git puts it there: the last header before the blank line, lines folded. */
export function signedCommit(payload: Uint8Array, armor: string, format: ObjectFormat): Uint8Array {
  const { lines, rest } = splitHeader(payload);
  const header = format === 'sha1' ? 'gpgsig' : 'gpgsig-sha256';
  const folded = armor.replace(/\n$/, '').replaceAll('\n', '\n ');
  const head = concatAll(lines.map(({ bytes }) => bytes));
  return concat(head, utf8(`${header} ${folded}\n`), rest);
}
