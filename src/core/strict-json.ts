/**
 * Reads JSON that every reader understands in the same way (I-JSON, RFC 7493). A name that stands twice in one object, a
 * lone surrogate, or a number that JavaScript rounds would let two readers see two documents.
 */

import { fromUtf8 } from './bytes.ts';

/** Bytes that are no JSON of this kind. */
export class JsonFault extends Error {}

export interface JsonLimits {
  readonly maxBytes: number;
  /** Most objects and lists within each other. */
  readonly maxDepth: number;
}

/** Reads one JSON value in UTF-8. @throws JsonFault */
export function readStrictJson(bytes: Uint8Array, { maxBytes, maxDepth }: JsonLimits): unknown {
  if (bytes.length > maxBytes) throw new JsonFault(`it is over ${maxBytes} bytes`);
  const text = fromUtf8(bytes);
  if (text === undefined) throw new JsonFault('it is not UTF-8');
  try {
    // the scan comes first, because a parser may overflow its stack on deep input
    scan(text, maxDepth);
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new JsonFault('it is not JSON');
    throw error;
  }
}

const NUMBER = /[-+.0-9eE]+/y;

/** Checks what JSON.parse does not. It needs not see faults of the grammar. @throws JsonFault, SyntaxError */
function scan(text: string, maxDepth: number): void {
  /** The names so far of each object that is open, and undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  let nameIsNext = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '"') {
      const end = closingQuote(text, at);
      const names = nameIsNext ? open.at(-1) : undefined;
      if (names !== undefined || text.slice(at, end).includes('\\u')) {
        readText(text.slice(at, end + 1), names);
      }
      nameIsNext = false;
      at = end;
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : undefined);
      if (open.length > maxDepth) throw new JsonFault(`it is deeper than ${maxDepth} levels`);
      nameIsNext = character === '{';
    } else if (character === '}' || character === ']') {
      open.pop();
      nameIsNext = false;
    } else if (character === ',') nameIsNext = open.at(-1) !== undefined;
    else if (character === '-' || (character >= '0' && character <= '9')) {
      NUMBER.lastIndex = at;
      const [number = character] = NUMBER.exec(text) ?? [];
      checkNumber(number);
      at += number.length - 1;
    }
  }
}

/** Returns the place of the quote that ends the string at `start`. */
function closingQuote(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  throw new JsonFault('it is not JSON');
}

function readText(quoted: string, names: Set<string> | undefined): void {
  const value: string = JSON.parse(quoted);
  if (!value.isWellFormed()) throw new JsonFault('it holds half of a surrogate pair');
  if (names === undefined) return;
  if (names.has(value)) throw new JsonFault('it has a name twice in one object');
  // a reader that copies such a name into an object of its own changes that object's prototype
  if (value === '__proto__') throw new JsonFault('it has the name `__proto__`');
  names.add(value);
}

function checkNumber(text: string): void {
  const value = Number(text);
  const whole = /^-?\d+$/.test(text);
  if (whole ? !Number.isSafeInteger(value) : !Number.isFinite(value)) {
    throw new JsonFault('it holds a number that readers round');
  }
}
