/** What this program asks of its runtime beyond the language. */

import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { bunRuntime } from './bun.ts';

/**
 * For runs that are long enough to be worth compiling for: the executable starts with its compiler held back, since
 * git starts it once a commit. Nothing on Node.
 */
export function compileEagerly(): void {
  bunRuntime()?.unsafe?.setJITPolicy?.(1);
}

/**
 * For runs of any length: Bun lets a heap of 4 MB grow to ten times that before it looks what of it is still needed, in
 * each thread, and keeps what it once had. Takes some milliseconds. Nothing on Node, which looks sooner.
 */
export function collectGarbage(): void {
  bunRuntime()?.gc(true);
}

/**
 * Path of the executable, or of the runtime that interprets this program. Linux calls a file that was replaced
 * `PATH (deleted)`: what lies at the path by now is the same program after an upgrade.
 */
export function executablePath(): string {
  const { execPath } = process;
  const replaced = execPath.replace(/ \(deleted\)$/, '');
  return replaced === execPath || existsSync(execPath) ? execPath : replaced;
}

/** The words to start this program with, before its own arguments. `entry` is the file this process started from. */
export function programWords(
  entry: string = process.argv[1] ?? '',
): readonly [string, ...string[]] {
  const executable = executablePath();
  const interpreted = /^(?:node|bun)(?:\.exe)?$/.test(basename(executable));
  return interpreted ? [executable, entry] : [executable];
}
