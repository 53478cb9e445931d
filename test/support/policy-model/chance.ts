/** Numbers from a seed: the same seed makes the same choices on every machine. */

/** Numbers from a seed (mulberry32), and choices made with them. */
export interface Chance {
  /** A whole number from 0 to `below` - 1. */
  readonly upTo: (below: number) => number;
  readonly pick: <T>(from: readonly T[]) => T;
  /** True once in `times`. */
  readonly once: (times: number) => boolean;
  /** A part of a list, at least one of it, in its order. */
  readonly some: <T>(from: readonly T[]) => readonly T[];
}

export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const upTo = (below: number): number => Math.floor(next() * below);
  const pick = <T>(from: readonly T[]): T => from[upTo(from.length)] as T;
  const once = (times: number): boolean => upTo(times) === 0;
  const some = <T>(from: readonly T[]): readonly T[] => {
    const kept = from.filter(() => once(2));
    return kept.length === 0 ? [pick(from)] : kept;
  };
  return { upTo, pick, once, some };
}
