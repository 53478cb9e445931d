/**
 * The answer of `git cat-file --batch`, cut into objects: `<id> <type> <size>\n<bytes>\n`, or `<id> missing\n`.
 * Strict: anything else is an error, never a guess. Memory is bounded by one object of at most `limit` bytes;
 * a larger one is passed over and reported by its size.
 */

import { concatAll, latin1 } from '../core/bytes.ts';

export type GitObjectType = 'commit' | 'tag' | 'tree' | 'blob';

export type ObjectFrame =
  | {
      readonly kind: 'object';
      readonly id: string;
      readonly type: GitObjectType;
      readonly raw: Uint8Array;
      /** What `raw` lies in, where nothing else does: the caller's to keep. */
      readonly own?: Uint8Array<ArrayBuffer>;
    }
  | {
      readonly kind: 'too-large';
      readonly id: string;
      readonly type: GitObjectType;
      readonly size: number;
    }
  | { readonly kind: 'missing'; readonly id: string };

/** Git's stream is not what its manual says. */
export class FrameError extends Error {
  constructor(detail: string) {
    super(`git cat-file: ${detail}`);
    this.name = 'FrameError';
  }
}

export interface ObjectFramer {
  /** The objects that this chunk completes, in order. Their bytes are views: copy what is to outlive the next push. */
  readonly push: (chunk: Uint8Array) => readonly ObjectFrame[];
  /** @throws FrameError when the stream ended in mid-object. */
  readonly end: () => void;
}

const HEADER =
  /^([0-9a-f]{40}|[0-9a-f]{64}) (?:(missing)|(commit|tag|tree|blob) (0|[1-9][0-9]{0,14}))$/;
const MAX_HEADER = 128;
/** Bytes of an object from which on room is made for it at once. */
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

/** The header that begins at `at`; undefined when its line is not complete yet. */
function readHeader(bytes: Uint8Array, at: number): Header | undefined {
  const newline = bytes.indexOf(NEWLINE, at);
  if (newline === -1 || newline - at > MAX_HEADER) {
    if (bytes.length - at > MAX_HEADER) throw new FrameError('a header line is too long');
    return undefined;
  }
  const match = HEADER.exec(latin1(bytes.subarray(at, newline)));
  const id = match?.[1];
  if (match === null || id === undefined) throw new FrameError('a header line is not understood');
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
  /** Nothing can be completed before this many bytes are here: chunks of an object are joined once. */
  #needed = 1;
  /** A long object as it fills: its chunks are not kept beside it. */
  #filling: Filling | undefined;
  /** Bytes of a passed-over object still to come, its final newline included. */
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
      throw new FrameError('it ended in mid-object');
  }

  #withoutSkipped(chunk: Uint8Array): Uint8Array {
    if (this.#skip === 0) return chunk;
    const dropped = Math.min(this.#skip, chunk.length);
    this.#skip -= dropped;
    if (this.#skip === 0 && chunk[dropped - 1] !== NEWLINE)
      throw new FrameError('an object has no end');
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
        if (bytes[end] !== NEWLINE) throw new FrameError('an object has no end');
        frames.push({ kind: 'object', id, type, raw: bytes.subarray(start, end) });
        at = end + 1;
      }
    }
    this.#keep(bytes.subarray(at), 1);
    return frames;
  }
}

/** A framer for one stream. `limit`: the largest object, in bytes, that is kept. */
export function objectFramer(limit: number): ObjectFramer {
  return new Framer(limit);
}
