/** The Homebrew formula: one download for each system and processor that Homebrew knows, with its sum. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, onPath, say } from './command.ts';
import { downloadAddress, releasedSum } from './released-file.ts';
import type { Release } from './step.ts';
import { archiveName, TARGETS } from './targets.ts';
import { fill } from './template.ts';

/** Platforms of the formula: Homebrew runs on macOS and on Linux with glibc. */
const BREWED = TARGETS.filter(
  ({ os, libc }) => os === 'darwin' || (os === 'linux' && libc === 'glibc'),
);

/** The formula's text. `sumOf` gives the SHA-256 of a released file, in hex. */
export function formula(
  template: string,
  release: Pick<Release, 'version' | 'repository'>,
  sumOf: (file: string) => string,
): string {
  const downloads = BREWED.flatMap((target) => {
    const file = archiveName(release.version, target);
    const name = target.name.toUpperCase().replaceAll('-', '_');
    return [
      [`${name}_URL`, downloadAddress(release, file)],
      [`${name}_SHA256`, sumOf(file)],
    ] as const;
  });
  const { version, repository } = release;
  return fill(template, {
    ...{ VERSION: version, HOMEPAGE: repository },
    ...Object.fromEntries(downloads),
  });
}

/** Writes `homebrew/git-signet.rb`. @throws StepError where Ruby does not read it */
export async function homebrew(release: Release): Promise<readonly string[]> {
  const template = readFileSync('packaging/git-signet.rb.in', 'utf8');
  const made = join(release.out, 'homebrew', 'git-signet.rb');
  mkdirSync(join(release.out, 'homebrew'), { recursive: true });
  writeFileSync(
    made,
    formula(template, release, (file) => releasedSum(release, file)),
  );
  if (onPath('ruby')) command('ruby', ['-c', made]);
  else say('not tried: the formula’s syntax (no ruby)');
  return [made];
}
