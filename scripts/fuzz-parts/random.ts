/** Random choices that a seed and a position repeat: any one mutant can be made again without those before it. */

export interface Random {
  /** A whole number from 0 to below `limit`. */
  readonly below: (limit: number) => number;
  /** True once in so many times. */
  readonly once: (times: number) => boolean;
  readonly pick: <T>(from: readonly T[]) => T;
}

function mixed(value: number): number {
  let z = value | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

/** Choices for one position of a campaign (a sequence of sfc32). */
export function randomAt(seed: number, position: number): Random {
  let a = mixed(seed ^ 0x9e3779b9);
  let b = mixed(position);
  let c = mixed(Math.floor(position / 2 ** 32) + seed);
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i += 1) next();
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit);
  const pick = <T>(from: readonly T[]): T => {
    const found = from[below(from.length)];
    if (found === undefined) throw new Error('nothing to choose from');
    return found;
  };
  return { below, once: (times) => below(times) === 0, pick };
}
