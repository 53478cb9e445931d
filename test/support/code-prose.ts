/** The sentences of TypeScript: its comments, its texts in quotes, and the names of its tests. */

/** A comment or a text in quotes, with the code right before and after it. */
interface Piece {
  readonly kind: 'comment' | 'text';
  readonly text: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
}

/** A comment, a quoted text, the start or end of a template, a regular expression, or one other character. */
const TOKEN =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|(?<=(?:[(,=:[!&|?{};\n>]|return|case) *)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/|[`{}]|[\s\S]/g;
const TEMPLATE = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{)/y;

/** Splits code into its comments and quoted texts. A value inside a template becomes `…`. */
function piecesOf(code: string): readonly Piece[] {
  const pieces: Piece[] = [];
  /** One entry for each open brace: the template that it interrupts, if any. */
  const open: ({ start: number; text: string } | undefined)[] = [];
  const add = (kind: Piece['kind'], text: string, start: number, end: number): void => {
    const line = code.slice(0, start).split('\n').length;
    pieces.push({ kind, text, line, before: code.slice(0, start), after: code.slice(end) });
  };
  const goOn = (template: { start: number; text: string }, from: number): number => {
    TEMPLATE.lastIndex = from;
    const part = TEMPLATE.exec(code)?.[0] ?? '';
    const end = from + part.length;
    if (part.endsWith('`')) {
      add('text', template.text + part.slice(0, -1), template.start, end);
    } else open.push({ start: template.start, text: `${template.text}${part.slice(0, -2)}…` });
    return end;
  };
  let at = 0;
  while (at < code.length) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(code)?.[0] ?? ' ';
    const end = at + token.length;
    const template = token === '}' ? open.pop() : undefined;
    if (token === '{') open.push(undefined);
    if (/^\/[*/]/.test(token)) add('comment', token, at, end);
    else if (/^['"]/.test(token)) add('text', token.slice(1, -1), at, end);
    if (token === '`') at = goOn({ start: at, text: '' }, end);
    else at = template === undefined ? end : goOn(template, end);
  }
  return pieces;
}

/** A sentence of code and the line where it stands. */
export interface Said {
  readonly text: string;
  readonly line: number;
}

/** The comments, without their marks. */
export function commentsIn(code: string): readonly Said[] {
  return piecesOf(code)
    .filter(({ kind }) => kind === 'comment')
    .map(({ text, line }) => ({ text: text.replace(/^\s*(?:\/?\*+\/?|\/\/)|\*\/$/gm, ''), line }));
}

/** Quoted texts of three words and more, without markup, scripts, style sheets and HTTP headers: what a person may read. */
export function messagesIn(code: string): readonly Said[] {
  return piecesOf(code)
    .filter(({ kind, text }) => kind === 'text' && /\p{L}.* .*\p{L}.* .*\p{L}/u.test(text))
    .filter(({ text }) => !/[{}<>]|^#|-src '|; Path=/.test(text))
    .map(({ text, line }) => ({ text, line }));
}

const NAMED = /(?:\b(?:it|test|describe)(?:\.\w+)*|\)|`)\(\s*$/;
const FUNCTION = /^,\s*(?:\{[^}]*\},\s*)?(?:async\b|\(|function\b)/;

/** The names of tests and of their groups. */
export function testNamesIn(code: string): readonly Said[] {
  return piecesOf(code)
    .filter(({ kind }) => kind === 'text')
    .filter(
      ({ before, after }) => NAMED.test(before.slice(-80)) && FUNCTION.test(after.slice(0, 80)),
    )
    .map(({ text, line }) => ({ text, line }));
}
