/**
 * The program under test of every scenario: GIT_SIGNET_PROGRAM where it is set (either built form), else
 * dist/git-signet where it is newer than all sources, else the sources as they stand.
 */

import { chmodSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

function newestSource(): number {
  const names = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return Math.max(...names.map((name) => statSync(join(root, 'src', name)).mtimeMs));
}

function fromSource(): string {
  const wrapper = join(mkdtempSync(join(tmpdir(), 'git-signet-program-')), 'git-signet');
  const main = join(root, 'src/main.ts');
  writeFileSync(wrapper, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(wrapper, 0o755);
  return wrapper;
}

let found: string | undefined;

/** Absolute path of a program that can be called as git calls one. */
export function programUnderTest(): string {
  if (found !== undefined) return found;
  const built = join(root, 'dist/git-signet');
  const builtAt = statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  found = process.env['GIT_SIGNET_PROGRAM'] ?? (builtAt > newestSource() ? built : fromSource());
  return found;
}
