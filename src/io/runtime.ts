/** What this program asks of its runtime beyond the language. */

import { basename } from 'node:path';

interface BunUnsafe {
  readonly unsafe?: { readonly setJITPolicy?: (scale: number) => void };
}

/**
 * For runs that are long enough to be worth compiling for: the executable starts with its compiler held back, since
 * git starts it once a commit. Nothing on Node.
 */
export function compileEagerly(): void {
  (globalThis as { readonly Bun?: BunUnsafe }).Bun?.unsafe?.setJITPolicy?.(1);
}

/** The words to start this program with, before its own arguments. `entry` is the file this process started from. */
export function programWords(
  entry: string = process.argv[1] ?? '',
): readonly [string, ...string[]] {
  const interpreted = /^(?:node|bun)(?:\.exe)?$/.test(basename(process.execPath));
  return interpreted ? [process.execPath, entry] : [process.execPath];
}
