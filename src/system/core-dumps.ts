/** Tokens and keys are not to lie in a file because a process crashed (threat D12). */

import { writeFileSync } from 'node:fs';

/**
 * A core dump of this process, should one be made, holds no memory from here on (core(5)): called before it holds a token
 * or a key. Linux only; elsewhere nothing is done.
 */
export function keepOutOfCoreDumps(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // not Linux, or not allowed
  }
}
