/**
 * Finds out whether bytes hold any of many texts, faster than they can be hashed, so that only hits are parsed. It is the
 * algorithm of Wu and Manber (1994): three bytes at a time say how far the next place is at which a text could end.
 * Base64 shows a text in three forms, by its offset modulo 3 (RFC 4648 §4).
 */

import { toBase64, utf8 } from '../core/bytes.ts';

const BLOCK = 3;
const BITS = 16;
const MASK = 2 ** BITS - 1;
const MAX_SHIFT = 255;

export interface Matcher {
  /** Returns true if one of the texts stands in these bytes. */
  readonly hits: (bytes: Uint8Array) => boolean;
}

/** Returns what a text looks like within base64, without the characters that it shares with its neighbours. */
export function base64Forms(text: string): readonly string[] {
  const bytes = utf8(text);
  return [0, 1, 2].map((offset) => {
    const shifted = new Uint8Array(offset + bytes.length);
    shifted.set(bytes, offset);
    const whole = Math.floor((shifted.length * 8) / 6);
    return toBase64(shifted).slice(Math.ceil((offset * 8) / 6), whole);
  });
}

const byteAt = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;

/** The block of three bytes that ends at `at`, as a number. */
function blockAt(bytes: Uint8Array, at: number): number {
  return ((byteAt(bytes, at - 2) << 10) ^ (byteAt(bytes, at - 1) << 5) ^ byteAt(bytes, at)) & MASK;
}

function standsAt(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  if (at + text.length > bytes.length) return false;
  for (let i = 0; i < text.length; i += 1) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** Returns a matcher for these texts, each of three bytes or more. Without texts it finds nothing. */
export function createMatcher(texts: Iterable<string>): Matcher {
  const needles = [...new Set(texts)].map(utf8);
  if (needles.length === 0) return { hits: () => false };
  const least = Math.min(...needles.map(({ length }) => length));
  if (least < BLOCK) throw new RangeError('a text is too short to be searched for');
  const shifts = new Uint8Array(MASK + 1).fill(Math.min(MAX_SHIFT, least - BLOCK + 1));
  const ending = new Map<number, Uint8Array[]>();
  for (const needle of needles) {
    for (let end = BLOCK - 1; end < least; end += 1) {
      const block = blockAt(needle, end);
      shifts[block] = Math.min(shifts[block] ?? 0, least - 1 - end);
    }
    const last = blockAt(needle, least - 1);
    ending.set(last, [...(ending.get(last) ?? []), needle]);
  }
  return {
    hits: (bytes) => {
      const end = bytes.length;
      let at = least - 1;
      while (at < end) {
        const one = bytes[at - 2] as number;
        const two = bytes[at - 1] as number;
        // blockAt, spelt out: this runs a hundred times an entry
        const block = ((one << 10) ^ (two << 5) ^ (bytes[at] as number)) & MASK;
        const shift = shifts[block] as number;
        if (shift > 0) {
          at += shift;
          continue;
        }
        const start = at - least + 1;
        if (ending.get(block)?.some((needle) => standsAt(bytes, start, needle))) return true;
        at += 1;
      }
      return false;
    },
  };
}
