/**
 * Vectors of other projects, in `../shared/vectors` beside the repository: too large, or not ours, to be kept in it.
 * Where they are absent, the suites that need them are skipped and say so in their names.
 */

import { existsSync } from 'node:fs';
import { describe, it } from 'vitest';

/** The address of a file or folder of them; a folder's ends with a slash. */
export function sharedVectors(path: string): URL {
  return new URL(`../../../shared/vectors/${path}`, import.meta.url);
}

/** Runs the suite where the folder is present; else one skipped test says in its name what is absent. */
export function describeShared(name: string, folder: string, suite: () => void): void {
  const present = existsSync(sharedVectors(folder));
  const absent = (): void => {
    it(`${name}: ../shared/vectors/${folder} is absent`, () => {
      throw new Error('never runs');
    });
  };
  describe.runIf(present)(name, present ? suite : absent);
}
