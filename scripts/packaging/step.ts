/**
 * What the steps of a release share. A step runs with the released source as its working directory: a clean clone at the
 * commit, in which `scripts/build` was run for this machine.
 */

import { join } from 'node:path';
import { folderName, type Target } from './targets.ts';

export interface Release {
  /** Semantic version, without a `v`. The tag is `v` and this. */
  readonly version: string;
  /** Absolute path of the folder that users get. `SHA256SUMS` covers every file in it. */
  readonly out: string;
  /** Absolute path of a folder for what is not published. It is removed after the release. */
  readonly work: string;
  /** True: nothing outside `out` and `work` may change, and no service but the npm registry is asked. */
  readonly dryRun: boolean;
  /** Address of the repository as a browser takes it, from the remote, without `.git` (`https://HOST/OWNER/NAME`). */
  readonly repository: string;
  /** Full id of the released commit. */
  readonly commit: string;
  /** The commit's time in seconds since 1970: the only time that may stand in a released file (SOURCE_DATE_EPOCH). */
  readonly epoch: number;
}

/** Makes files of the release and returns their absolute paths. It throws a StepError where the release must stop. */
export type Step = (release: Release) => Promise<readonly string[]>;

/** Something that stops the release. The message says what is wrong and where, the remedy what to type next. */
export class StepError extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.name = 'StepError';
    this.remedy = remedy;
  }
}

/**
 * The folder that holds what a platform's archive will: the executable, `man/`, `completions/`, `LICENSE` and
 * `THIRD-PARTY-NOTICES.txt`. The step `trees` fills it, and every step after that reads it.
 */
export const treeOf = (release: Release, target: Target): string =>
  join(release.work, 'trees', folderName(release.version, target));
