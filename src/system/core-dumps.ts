/** Keeps tokens and keys out of core dumps (threat D12). */

import { writeFileSync } from 'node:fs';

/**
 * Makes later core dumps of this process hold no memory (core(5)). Call it before the process holds a token or a key. It
 * works on Linux only.
 */
export function keepOutOfCoreDumps(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // not Linux, or not allowed
  }
}
