/** What this program asks of its runtime beyond the language. */

import { basename } from 'node:path';

interface BunRuntime {
  readonly unsafe?: { readonly setJITPolicy?: (scale: number) => void };
  readonly gc: (now: boolean) => void;
}

function bun(): BunRuntime | undefined {
  return (globalThis as { readonly Bun?: BunRuntime }).Bun;
}

/**
 * For runs that are long enough to be worth compiling for: the executable starts with its compiler held back, since
 * git starts it once a commit. Nothing on Node.
 */
export function compileEagerly(): void {
  bun()?.unsafe?.setJITPolicy?.(1);
}

/**
 * For runs of any length: Bun lets a heap of 4 MB grow to ten times that before it looks what of it is still needed, in
 * each thread, and keeps what it once had. Takes some milliseconds. Nothing on Node, which looks sooner.
 */
export function collectGarbage(): void {
  bun()?.gc(true);
}

/** The words to start this program with, before its own arguments. `entry` is the file this process started from. */
export function programWords(
  entry: string = process.argv[1] ?? '',
): readonly [string, ...string[]] {
  const interpreted = /^(?:node|bun)(?:\.exe)?$/.test(basename(process.execPath));
  return interpreted ? [process.execPath, entry] : [process.execPath];
}
