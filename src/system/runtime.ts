/** Uses functions of the runtime, Node or Bun. */

import { bunRuntime } from './bun.ts';
import { nodeFs } from './node-fs.ts';
import { basename } from './paths.ts';

/**
 * Turns the compiler on for a long run. The executable starts without it, because git starts it once a commit. On Node
 * this does nothing.
 */
export function compileEagerly(): void {
  bunRuntime()?.unsafe?.setJITPolicy?.(1);
}

/**
 * Collects garbage, which takes some milliseconds. Without it, Bun lets a heap of 4 MB grow tenfold in each thread before
 * it collects, and keeps the memory. On Node this does nothing, because Node collects earlier.
 */
export function collectGarbage(): void {
  bunRuntime()?.gc(true);
}

/**
 * Keeps the heap of new objects at its size. For a long run that makes much garbage and keeps none, Node would let it grow to
 * 100 MB. On Bun this does nothing.
 */
export function keepHeapSmall(): void {
  if (bunRuntime() === undefined)
    process.getBuiltinModule('node:v8').setFlagsFromString('--semi-space-growth-factor=1');
}

/**
 * Returns the path of the executable, or of the runtime that interprets this program. If the file was replaced, Linux
 * says `PATH (deleted)`. The file at that path is then the same program after an upgrade.
 */
export function executablePath(): string {
  const { execPath } = process;
  const replaced = execPath.replace(/ \(deleted\)$/, '');
  return replaced === execPath || nodeFs().existsSync(execPath) ? execPath : replaced;
}

/** Returns the words that start this program, before its own arguments. `entry` is the file that this process started from. */
export function programWords(
  entry: string = process.argv[1] ?? '',
): readonly [string, ...string[]] {
  const executable = executablePath();
  const interpreted = /^(?:node|bun)(?:\.exe)?$/.test(basename(executable));
  return interpreted ? [executable, entry] : [executable];
}
