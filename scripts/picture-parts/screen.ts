/**
 * A screen of a terminal, as far as our programs use one: text, line ends, erasing and colours (ECMA-48). Everything else
 * is an error, so that no picture shows what a terminal would not.
 */

/** Letters in one style. `style` holds class names such as `bold green`, in a fixed order. */
export interface Run {
  readonly text: string;
  readonly style: string;
}

interface Cell {
  readonly letter: string;
  readonly style: string;
}

const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
const PIECE = /\x1b\[(?<parameters>[\d;?]*)(?<command>[A-Za-z])|\x1b.|[\s\S]/gu;
const BLANK: Cell = { letter: ' ', style: '' };

/** Returns the style after a sequence that selects a graphic rendition (SGR). */
function styleAfter(style: string, parameters: string): string {
  const has = new Set(style === '' ? [] : style.split(' '));
  for (const code of parameters.split(';').map(Number)) {
    if (code === 0) has.clear();
    else if (code === 1) has.add('bold');
    else if (code === 2) has.add('dim');
    else if (code === 22) for (const word of ['bold', 'dim']) has.delete(word);
    else if (code >= 30 && code <= 39) {
      for (const word of COLOURS) has.delete(word);
      if (code < 38) has.add(COLOURS[code - 30] ?? '');
    } else throw new Error(`the picture has no style for SGR ${code}`);
  }
  return [...has].sort().join(' ');
}

function runsOf(cells: readonly Cell[]): readonly Run[] {
  const runs: { text: string; style: string }[] = [];
  for (const { letter, style } of cells) {
    const last = runs.at(-1);
    if (last?.style === style) last.text += letter;
    else runs.push({ text: letter, style });
  }
  const last = runs.at(-1);
  if (last?.style === '') last.text = last.text.trimEnd();
  return runs.filter(({ text }) => text !== '');
}

/** Returns the rows that a terminal of `columns` shows after `output`, with all that has scrolled by. */
export function screenOf(output: string, columns: number): readonly (readonly Run[])[] {
  const rows: Cell[][] = [[]];
  let [column, style] = [0, ''];
  const row = (): Cell[] => rows.at(-1) ?? [];
  const erase = (from: number): void => void row().splice(from);
  const controls: Readonly<Record<string, (parameters: string) => void>> = {
    m: (parameters) => {
      style = styleAfter(style, parameters);
    },
    K: (parameters) => erase(parameters === '2' ? 0 : column),
  };
  const letters: Readonly<Record<string, () => void>> = {
    '\r': () => {
      column = 0;
    },
    '\n': () => {
      rows.push([]);
      column = 0;
    },
    '\x07': () => undefined,
  };
  for (const { 0: piece, groups = {} } of output.matchAll(PIECE)) {
    const { parameters = '', command } = groups;
    const control = command === undefined ? letters[piece] : controls[command];
    if (control !== undefined) control(parameters);
    else if (/^\p{Cc}/u.test(piece)) throw new Error(`the picture has no ${JSON.stringify(piece)}`);
    else {
      if (column === columns) letters['\n']?.();
      while (row().length < column) row().push(BLANK);
      row()[column] = { letter: piece, style };
      column += 1;
    }
  }
  while (rows.length > 1 && row().length === 0) rows.pop();
  return rows.map(runsOf);
}
