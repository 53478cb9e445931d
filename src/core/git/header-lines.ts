/** Walks the header lines of a commit or tag once. It checks their number and size before it collects anything. */

import { latin1 } from '../bytes.ts';
import { Refusal } from '../verdict.ts';

/** A span of bytes from `start` up to, but not including, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Most bytes of a header. An octopus merge of signed tags has about 100 KiB. */
const MAX_HEADER_BYTES = 4 * 1024 * 1024;
const MAX_HEADER_LINES = 64 * 1024;

const NEWLINE = 0x0a;
const SPACE = 0x20;

export function malformed(detail: string): Refusal {
  return new Refusal('object-malformed', `malformed header: ${detail}`);
}

/** Returns true if the ASCII `text` stands at `at`. */
export function standsAt(bytes: Uint8Array, at: number, text: string): boolean {
  if (at + text.length > bytes.length) return false;
  for (let i = 0; i < text.length; i += 1) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/**
 * Returns the end of the header: the first blank line or, without one, the end of the bytes. It only searches. Returns
 * undefined if the header is too long.
 */
export function headerEnd(bytes: Uint8Array): number | undefined {
  if (bytes[0] === NEWLINE) return 0;
  const size = Math.min(bytes.length, MAX_HEADER_BYTES + 1);
  const blank = Buffer.from(bytes.buffer, bytes.byteOffset, size).indexOf('\n\n');
  if (blank !== -1) return blank + 1;
  return bytes.length > MAX_HEADER_BYTES ? undefined : bytes.length;
}

/** A walk over header lines. */
export class HeaderLines {
  readonly bytes: Buffer;
  readonly end: number;
  at = 0;
  #count = 0;

  /** @throws Refusal if the header is too long, holds a NUL, or does not end with a line end */
  constructor(bytes: Uint8Array) {
    const end = headerEnd(bytes);
    if (end === undefined) throw malformed(`it is over ${MAX_HEADER_BYTES} bytes`);
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, end);
    this.end = end;
    if (this.bytes.includes(0)) throw malformed('it holds a NUL');
    if (end === 0 || bytes[end - 1] !== NEWLINE) throw malformed('it does not end with a line end');
  }

  isNamed(name: string): boolean {
    return standsAt(this.bytes, this.at, name) && this.bytes[this.at + name.length] === SPACE;
  }

  /** Returns the position of the line end and moves behind it. */
  #pass(): number {
    this.#count += 1;
    if (this.#count > MAX_HEADER_LINES) {
      throw malformed(`it has over ${MAX_HEADER_LINES} lines`);
    }
    const end = this.bytes.indexOf(NEWLINE, this.at);
    this.at = end + 1;
    return end;
  }

  /** Returns the start of the value of the line that must come next. @throws Refusal */
  #due(name: string): number {
    if (this.isNamed(name)) return this.at + name.length + 1;
    throw malformed(`${this.#found()} stands where \`${name}\` must stand`);
  }

  /** Returns the value of the line that must come next. @throws Refusal */
  take(name: string): Uint8Array {
    return this.bytes.subarray(this.#due(name), this.#pass());
  }

  /** Returns the hash of the next line, in lower-case hex. @throws Refusal */
  takeHash(name: string, length: number | undefined): string {
    const start = this.#due(name);
    const end = this.#pass();
    const size = end - start;
    const fits = length === undefined ? size === 40 || size === 64 : size === length;
    // only a string is kept, because a commit may name tens of thousands of parents
    const text = fits ? this.bytes.toString('latin1', start, end) : '';
    if (!/^[0-9a-f]+$/.test(text))
      throw malformed(`\`${name}\` holds no object name of this repository`);
    return text;
  }

  /** Returns the name of the next header and the span of its value, and moves behind its continuation lines. */
  takeAny(): Span & { readonly name: string; readonly first: Uint8Array } {
    const start = this.at;
    const end = this.#pass();
    const line = this.bytes.subarray(start, end);
    const space = line.indexOf(SPACE);
    const name = latin1(line.subarray(0, space === -1 ? line.length : space));
    if (!/^[!-~]+$/.test(name)) throw malformed('a line has no name');
    while (this.bytes[this.at] === SPACE) this.#pass();
    return { name, start, end: this.at, first: line.subarray(name.length + 1) };
  }

  #found(): string {
    if (this.at >= this.end) return 'nothing';
    const name = /^[!-~]{1,40}/.exec(latin1(this.bytes.subarray(this.at, this.at + 40)))?.[0];
    return name === undefined ? 'a line without a name' : `\`${name}\``;
  }
}
