/**
 * Cuts the answer of `git cat-file --batch` into objects: `<id> <type> <size>\n<bytes>\n`, or `<id> missing\n`.
 * Anything else is an error, never a guess. Memory is bounded by one object of at most `limit` bytes. A larger object is
 * skipped and reported by its size.
 */

import { concatAll, latin1 } from '../core/bytes.ts';

export type GitObjectType = 'commit' | 'tag' | 'tree' | 'blob';

export type ObjectFrame =
  | {
      readonly kind: 'object';
      readonly id: string;
      readonly type: GitObjectType;
      readonly raw: Uint8Array;
      /** The block that holds `raw` and nothing else. The caller may keep it. */
      readonly own?: Uint8Array<ArrayBuffer>;
    }
  | {
      readonly kind: 'too-large';
      readonly id: string;
      readonly type: GitObjectType;
      readonly size: number;
    }
  | { readonly kind: 'missing'; readonly id: string };

/** git's stream does not follow its manual. */
export class FrameError extends Error {
  constructor(detail: string) {
    super(`git cat-file: ${detail}`);
    this.name = 'FrameError';
  }
}

export interface ObjectFramer {
  /** Returns the objects that this chunk completes, in order. Their bytes are views that the next push overwrites. */
  readonly push: (chunk: Uint8Array) => readonly ObjectFrame[];
  /** @throws FrameError if the stream ended inside an object */
  readonly end: () => void;
}

const HEADER =
  /^([0-9a-f]{40}|[0-9a-f]{64}) (?:(missing)|(commit|tag|tree|blob) (0|[1-9][0-9]{0,14}))$/;
const MAX_HEADER = 128;
/** An object of at least this many bytes gets its whole buffer at once. */
const LONG = 1024 * 1024;
const NEWLINE = 0x0a;

type Header =
  | { readonly kind: 'missing'; readonly id: string; readonly length: number }
  | {
      readonly kind: 'object';
      readonly id: string;
      readonly type: GitObjectType;
      readonly size: number;
      readonly length: number;
    };

/** Reads the header that begins at `at`. Returns undefined if its line is not complete yet. */
function readHeader(bytes: Uint8Array, at: number): Header | undefined {
  const newline = bytes.indexOf(NEWLINE, at);
  if (newline === -1 || newline - at > MAX_HEADER) {
    if (bytes.length - at > MAX_HEADER) throw new FrameError('a header line is too long');
    return undefined;
  }
  const match = HEADER.exec(latin1(bytes.subarray(at, newline)));
  const id = match?.[1];
  if (match === null || id === undefined) throw new FrameError('a header line has an unknown form');
  const length = newline + 1 - at;
  if (match[2] !== undefined) return { kind: 'missing', id, length };
  return { kind: 'object', id, type: match[3] as GitObjectType, size: Number(match[4]), length };
}

interface Filling {
  readonly bytes: Uint8Array<ArrayBuffer>;
  at: number;
}

class Framer implements ObjectFramer {
  readonly #limit: number;
  #held: Uint8Array[] = [];
  #heldLength = 0;
  /** Bytes needed to complete the next object. Chunks are joined only once, when that many are here. */
  #needed = 1;
  /** A long object that is being filled. Its chunks are not kept. */
  #filling: Filling | undefined;
  /** Bytes of a skipped object that are still to come, with its final newline. */
  #skip = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(incoming: Uint8Array): readonly ObjectFrame[] {
    const chunk = this.#withoutSkipped(incoming);
    if (chunk.length === 0) return [];
    if (this.#filling !== undefined) return this.#fill(this.#filling, chunk);
    this.#held.push(chunk);
    this.#heldLength += chunk.length;
    if (this.#heldLength < this.#needed) return [];
    const [only] = this.#held;
    return this.#cut(this.#held.length === 1 && only !== undefined ? only : concatAll(this.#held));
  }

  end(): void {
    if (this.#heldLength > 0 || this.#skip > 0 || this.#filling !== undefined)
      throw new FrameError('it ended inside an object');
  }

  #withoutSkipped(chunk: Uint8Array): Uint8Array {
    if (this.#skip === 0) return chunk;
    const dropped = Math.min(this.#skip, chunk.length);
    this.#skip -= dropped;
    if (this.#skip === 0 && chunk[dropped - 1] !== NEWLINE)
      throw new FrameError('an object has no newline at its end');
    return chunk.subarray(dropped);
  }

  #fill(filling: Filling, chunk: Uint8Array): readonly ObjectFrame[] {
    const { bytes, at } = filling;
    const part = chunk.subarray(0, bytes.length - at);
    bytes.set(part, at);
    filling.at += part.length;
    if (filling.at < bytes.length) return [];
    this.#filling = undefined;
    const [only] = this.#cut(bytes);
    const whole = only?.kind === 'object' ? [{ ...only, own: bytes }] : [];
    return [...whole, ...this.push(chunk.subarray(part.length))];
  }

  #keep(rest: Uint8Array, atLeast: number): void {
    const long = atLeast > LONG;
    if (long) {
      const bytes = new Uint8Array(atLeast);
      bytes.set(rest);
      this.#filling = { bytes, at: rest.length };
    }
    this.#held = long || rest.length === 0 ? [] : [rest];
    this.#heldLength = long ? 0 : rest.length;
    this.#needed = long ? 1 : atLeast;
  }

  #cut(bytes: Uint8Array): readonly ObjectFrame[] {
    const frames: ObjectFrame[] = [];
    let at = 0;
    while (at < bytes.length) {
      const header = readHeader(bytes, at);
      if (header === undefined) break;
      const { id, length } = header;
      const start = at + length;
      if (header.kind === 'missing') {
        frames.push({ kind: 'missing', id });
        at = start;
        continue;
      }
      const { type, size } = header;
      const end = start + size;
      if (size > this.#limit) {
        frames.push({ kind: 'too-large', id, type, size });
        this.#skip = size + 1;
        at = bytes.length - this.#withoutSkipped(bytes.subarray(start)).length;
      } else if (end + 1 > bytes.length) {
        this.#keep(bytes.subarray(at), length + size + 1);
        return frames;
      } else {
        if (bytes[end] !== NEWLINE) throw new FrameError('an object has no newline at its end');
        frames.push({ kind: 'object', id, type, raw: bytes.subarray(start, end) });
        at = end + 1;
      }
    }
    this.#keep(bytes.subarray(at), 1);
    return frames;
  }
}

/** Returns a framer for one stream. It keeps objects of up to `limit` bytes. */
export function objectFramer(limit: number): ObjectFramer {
  return new Framer(limit);
}
