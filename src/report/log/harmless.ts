/**
 * What others wrote, made unable to move the cursor over a mark, or to end its line (threat S10). git passes control
 * characters on as they are. Characters are bytes.
 */

import { fromUtf8, latin1, utf8 } from '../../core/bytes.ts';
import { visible } from '../../core/escape.ts';

const PLAIN = /^[\x20-\x7e\t\n]*$/;
/** Control characters of one byte, and all that text in another encoding may hold of them. */
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

const escaped = (byte: string): string => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** A field of a commit: tabs and line ends stay. */
export function harmlessField(text: string): string {
  if (PLAIN.test(text)) return text;
  const unicode = fromUtf8(Buffer.from(text, 'latin1'));
  // git drops a carriage return at a line's end, and so does the layout
  const lines = text.replaceAll(/\r+$/gm, '');
  if (unicode === undefined) return lines.replace(CONTROLS, escaped);
  const shown = unicode.replaceAll(/\r+$/gm, '').replaceAll(/[^\t\n]+/g, (piece) => visible(piece));
  return latin1(utf8(shown));
}

/** One colour. What is longer than any that git writes is none. */
const SGR = '\\x1b\\[[0-9;]{0,64}m';
/** A carriage return at a line's end, where git may end a colour too. */
const AT_END = `\\r(?=(?:${SGR}){0,4}\\n)`;
/** Colours and line ends, which may pass, and everything that moves the cursor or turns the text around. */
const UNSAFE = new RegExp(
  [
    SGR,
    AT_END,
    '[\\x01-\\x08\\x0b-\\x1f\\x7f]',
    '\\xc2[\\x80-\\x9f]',
    '\\xe2(?:\\x80[\\x8e\\x8f\\xa8-\\xae]|\\x81[\\xa6-\\xa9])',
  ].join('|'),
  'g',
);
const COLOUR = new RegExp(`^${SGR}$`);
const LINE_END = new RegExp(`^${AT_END}`);
/** More than a line's end and its colours take. */
const AHEAD = 300;

/** Text as git prints it, for a person's terminal. `colour`: git was told to colour it. */
export function harmlessText(text: string, colour: boolean): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNSAFE, (found, at: number) => {
    if (COLOUR.test(found) && colour) return found;
    if (found === '\r' && LINE_END.test(text.slice(at, at + AHEAD))) return found;
    return [...found].map(escaped).join('');
  });
}

const UNFINISHED = new RegExp(
  `(?:\\xc2|\\xe2[\\x80\\x81]?|(?:\\r(?:${SGR}){0,4})?(?:\\x1b(?:\\[[0-9;]{0,64})?)?)$`,
);

/** The same for text that comes in pieces: what may go on in the next piece waits for it. */
export function harmlessPieces(colour: boolean): {
  readonly push: (text: string) => string;
  readonly rest: () => string;
} {
  let waiting = '';
  return {
    push: (text) => {
      const whole = waiting + text;
      waiting = UNFINISHED.exec(whole)?.[0] ?? '';
      return harmlessText(whole.slice(0, whole.length - waiting.length), colour);
    },
    rest: () => {
      const last = harmlessText(waiting, colour);
      waiting = '';
      return last;
    },
  };
}
