/**
 * The stack's TUF repository: trusted root and signing configurations under the names that Sigstore's clients look for.
 * It is made anew, with another root, when what it holds is other than before: with other ports, for instance.
 */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeTufRepository } from '../../test/support/tuf-repository.ts';
import type { Layout } from './layout.ts';

const TEN_YEARS = 10 * 365 * 86_400;

/** Writes the repository of these targets, by name; leaves one alone that has them. */
export function publish(layout: Layout, targets: Readonly<Record<string, string>>): void {
  const noted = layout.path('tuf', 'published.json');
  const now = JSON.stringify(targets);
  if (existsSync(noted) && readFileSync(noted, 'utf8') === now) return;
  rmSync(layout.path('tuf'), { recursive: true, force: true });
  const lifetimes = {
    root: TEN_YEARS,
    targets: TEN_YEARS,
    snapshot: TEN_YEARS,
    timestamp: TEN_YEARS,
  };
  const { files, root } = makeTufRepository({ targets, lifetimes });
  for (const [name, bytes] of [...files, ['root.json', root()] as const]) {
    const path = layout.path('tuf', name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, bytes);
  }
  writeFileSync(noted, now);
}
