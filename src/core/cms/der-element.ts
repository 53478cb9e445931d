/**
 * Reads one element of DER (ITU-T X.690 §8.1, §10.1): identifier, definite and minimal length, content. Views are made on
 * demand, because most elements are only skipped, and a view costs more than a skip.
 */

/** Thrown for anything that is not DER. Callers turn it into the refusal of their own layer. */
export class DerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DerError';
  }
}

export interface DerNode {
  readonly tag: number;
  /** Identifier, length and content octets. */
  readonly raw: Uint8Array;
  /** Content octets only. */
  readonly content: Uint8Array;
  /** Content octets as text, one character an octet. */
  readonly text: string;
  /** Returns the elements of the content, at most `limit`. @throws DerError */
  readonly elements: (limit: number) => readonly DerNode[];
}

interface Length {
  readonly value: number;
  readonly size: number;
}

function readLength(bytes: Uint8Array, at: number): Length {
  const first = bytes[at];
  if (first === undefined) throw new DerError('truncated length');
  if (first < 0x80) return { value: first, size: 1 };
  const count = first & 0x7f;
  if (count === 0) throw new DerError('indefinite length');
  if (count > 4) throw new DerError('length over four octets');
  let value = 0;
  for (let i = 1; i <= count; i += 1) {
    const octet = bytes[at + i];
    if (octet === undefined) throw new DerError('truncated length');
    value = value * 256 + octet;
  }
  if (value < 0x80 || value < 256 ** (count - 1)) throw new DerError('length not minimal');
  return { value, size: count + 1 };
}

export class Element implements DerNode {
  readonly tag: number;
  /** Offset of the next element. */
  readonly end: number;
  readonly #bytes: Uint8Array;
  readonly #at: number;
  readonly #start: number;
  #content: Uint8Array | undefined;

  constructor(bytes: Uint8Array, tag: number, at: number, start: number, end: number) {
    this.tag = tag;
    this.end = end;
    this.#bytes = bytes;
    this.#at = at;
    this.#start = start;
  }

  get raw(): Uint8Array {
    return this.#bytes.subarray(this.#at, this.end);
  }

  get content(): Uint8Array {
    this.#content ??= this.#bytes.subarray(this.#start, this.end);
    return this.#content;
  }

  get text(): string {
    let text = '';
    for (let i = this.#start; i < this.end; i += 1)
      text += String.fromCharCode(this.#bytes[i] ?? 0);
    return text;
  }

  elements(limit: number): readonly DerNode[] {
    const found: DerNode[] = [];
    for (let at = this.#start; at < this.end; ) {
      if (found.length === limit) throw new DerError('too many elements');
      const element = readAt(this.#bytes, at, this.end);
      found.push(element);
      at = element.end;
    }
    return found;
  }
}

/** Reads the element that begins at `at` and ends at `stop` at the latest. @throws DerError */
export function readAt(bytes: Uint8Array, at: number, stop: number): Element {
  const tag = at < stop ? bytes[at] : undefined;
  if (tag === undefined) throw new DerError('truncated element');
  if ((tag & 0x1f) === 0x1f) throw new DerError('high tag number');
  const length = readLength(bytes, at + 1);
  const start = at + 1 + length.size;
  const end = start + length.value;
  if (end > stop) throw new DerError('element longer than its container');
  return new Element(bytes, tag, at, start, end);
}
