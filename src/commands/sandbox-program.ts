/** How git starts this very program again: as an executable, or by an interpreter. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programWords } from '../io/runtime.ts';

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/**
 * One path for gpg.x509.program, which git runs without a shell. Where this is no executable of its own, a script
 * in `dir` is written that starts the interpreter. (Git for Windows runs such scripts too.)
 */
export function programPath(entry: string, dir: string): string {
  const words = programWords(entry);
  if (words.length === 1) return words[0];
  const path = join(dir, 'git-signet');
  writeFileSync(path, `#!/bin/sh\nexec ${words.map(quote).join(' ')} "$@"\n`, { mode: 0o700 });
  return path;
}
