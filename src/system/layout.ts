/**
 * Fits text for people to a terminal: counts columns as a terminal does, and wraps long lines at words with a hanging
 * indent. Pure functions. Everything that a command prints for people goes through `writePage`.
 */

interface Page {
  readonly write: (text: string) => void;
  /** Undefined if no terminal shows it. */
  readonly columns?: number | undefined;
}

const ASCII = /^[\x20-\x7e]*$/;
/** Colours and links of a terminal, which take no column. */
const ESCAPES = /\x1b(?:\[[0-9;]*[A-Za-z]|\][^\x07\x1b]*(?:\x07|\x1b\\))/g;

/** The patterns stand where they are used: a start that prints only ASCII does not load the tables of Unicode. */
function columnsOf(character: string): number {
  if (/\p{Mn}|\p{Me}|[\u200b-\u200d]|\ufe0e|\ufe0f/u.test(character)) return 0;
  // East Asian Wide and Fullwidth (UAX #11), and pictures
  const isWide =
    /[\u1100-\u115f\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u.test(
      character,
    );
  return isWide ? 2 : 1;
}

/** Returns how many columns a line takes. */
export function displayWidth(line: string): number {
  if (ASCII.test(line)) return line.length;
  let width = 0;
  for (const character of line.replaceAll(ESCAPES, '')) width += columnsOf(character);
  return width;
}

/** Returns text that is padded with blanks to that many columns. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)));
}

/** Returns a line that is cut to that many columns. The line holds no escape sequence. */
export function cutTo(line: string, columns: number): string {
  if (displayWidth(line) <= columns) return line;
  let [kept, width] = ['', 1];
  for (const character of line) {
    width += columnsOf(character);
    if (width > columns) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Returns where the rest of a wrapped line begins: below the last cell of a table that starts in the left half. */
function hangOf(line: string, columns: number): number {
  const lead = /^ */.exec(line)?.[0].length ?? 0;
  const cells = [...line.matchAll(/\S( {2,})(?=\S)/g)]
    .map(({ index, 0: gap }) => displayWidth(line.slice(0, index + gap.length)))
    .filter((at) => at <= columns / 2);
  return cells.at(-1) ?? lead + 2;
}

/** Wraps one line at blanks. A word that is longer than a line stays whole. `hang` is the indent of the further lines. */
export function wrapLine(line: string, columns: number, hang = hangOf(line, columns)): string {
  if (displayWidth(line) <= columns) return line;
  const lines: string[] = [];
  let current = '';
  let width = 0;
  let empty = true;
  for (const piece of line.match(/\s+|\S+/g) ?? []) {
    const wide = displayWidth(piece);
    const blank = /^\s/.test(piece);
    if (!blank && !empty && width + wide > columns) {
      lines.push(current.trimEnd());
      [current, width] = [' '.repeat(hang), hang];
    }
    // the blanks before the break are gone
    if (blank && width === hang && lines.length > 0 && current.trim() === '') continue;
    current += piece;
    width += wide;
    if (!blank) empty = false;
  }
  return [...lines, current.trimEnd()].join('\n');
}

/** Wraps each line of a text. Without `columns` the text stays as it is. */
export function wrapText(text: string, columns: number | undefined): string {
  if (columns === undefined) return text;
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns))
    .join('\n');
}

/** Writes text for people to stdout: wrapped on a terminal, and as it is in a file or a pipe. */
export function writePage(streams: Page, text: string): void {
  streams.write(wrapText(text, streams.columns));
}
