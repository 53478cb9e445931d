/** Lines of a commit as git log lays them out: the message, and the graph before each line. Characters are bytes. */

import { fromUtf8Lossy } from '../../core/bytes.ts';

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** Returns the width of UTF-8 bytes, a column a character. git does not align control characters: undefined. */
function widthOf(text: string): number | undefined {
  const characters = fromUtf8Lossy(bytesOf(text));
  return /\p{Cc}/u.test(characters) ? undefined : [...characters].length;
}

/** Tabs as blanks up to the next multiple of `tabs` (pretty.c, strbuf_add_tabexpand). */
function withoutTabs(line: string, tabs: number): string {
  if (tabs === 0 || !line.includes('\t')) return line;
  const parts = line.split('\t');
  let expanded = '';
  for (const [at, part] of parts.entries()) {
    if (at === parts.length - 1) return expanded + part;
    const width = widthOf(part);
    if (width === undefined) return expanded + parts.slice(at).join('\t');
    expanded += part + ' '.repeat(tabs - (width % tabs));
  }
  return expanded;
}

/** C's isspace, without the line end. */
const TRAILING = /[ \t\v\f\r]+$/;
const INDENT = '    ';

/**
 * The lines of a message (pretty.c, pp_remainder): without empty lines at both ends and blanks at line ends, indented.
 * `short`: the first paragraph alone.
 */
export function messageLines(
  lines: readonly string[],
  { tabs, short }: { readonly tabs: number; readonly short: boolean },
): readonly string[] {
  const trimmed = lines.map((line) => line.replace(TRAILING, ''));
  const first = trimmed.findIndex((line) => line !== '');
  if (first < 0) return [];
  const paragraph = trimmed.indexOf('', first);
  const last = trimmed.findLastIndex((line) => line !== '') + 1;
  const end = short && paragraph >= 0 ? paragraph : last;
  return trimmed.slice(first, end).map((line) => INDENT + withoutTabs(line, tabs));
}

/** The lines of a note (notes.c, format_note). */
export function noteLines(lines: readonly string[]): readonly string[] {
  const last = lines.findLastIndex((line) => line !== '') + 1;
  return last === 0 ? [] : ['', 'Notes:', ...lines.slice(0, last).map((line) => INDENT + line)];
}

const SGR = /\x1b\[[0-9;]*m/g;

/** How many columns a piece of a graph takes. */
export function graphWidth(lead: string): number {
  return lead.replace(SGR, '').length;
}

/** Splits a line behind that many columns, colours not counted. */
function cutGraph(line: string, width: number): readonly [graph: string, text: string] {
  let at = 0;
  for (let columns = 0; columns < width && at < line.length; columns += 1) {
    SGR.lastIndex = at;
    for (let found = SGR.exec(line); found?.index === at; found = SGR.exec(line))
      at = SGR.lastIndex;
    at += 1;
  }
  return [line.slice(0, at), line.slice(at)];
}

/** A commit's lines, and the graph before each but the first. */
export interface GraphedLines {
  readonly lines: readonly string[];
  readonly graphs: readonly string[];
}

/** Takes the graph off all lines but the first. */
export function takeGraph(text: string, width: number): GraphedLines {
  const [first = '', ...more] = text.split('\n');
  const cut = more.map((line) => cutGraph(line, width));
  return { lines: [first, ...cut.map(([, line]) => line)], graphs: cut.map(([graph]) => graph) };
}

/**
 * Puts lines behind the graph again. git printed at least as many pieces of the graph as there are lines. A piece that is
 * left over and still leads somewhere is printed alone, so that the graph stays whole.
 */
export function withGraph(lines: readonly string[], graphs: readonly string[]): string {
  const last = graphs.at(-1) ?? '';
  const laid = lines.map((line, at) => (at === 0 ? line : `${graphs[at - 1] ?? last}${line}`));
  const left = graphs.slice(Math.max(0, lines.length - 1));
  const before = graphs[lines.length - 2];
  const moving = left.findLastIndex((graph, at) => graph !== (at === 0 ? before : left[at - 1]));
  return [...laid, ...left.slice(0, moving + 1)].join('\n');
}
