/** Where the hooks of a repository lie: the folder that git looks into, the repository's own, and the work tree. */

import { join, resolve } from 'node:path';
import { UsageError } from '../../errors.ts';
import { gitEnvironment } from '../../git/environment.ts';
import { findGit } from '../../git/process.ts';
import { askGitLine, exactText } from '../../git/simple-git.ts';
import type { Environment } from '../../system/environment.ts';

export interface HooksPlace {
  readonly bare: boolean;
  /** The folder that git looks into: that of core.hooksPath where it is set. */
  readonly directory: string;
  /** The folder that git looks into without core.hooksPath. */
  readonly own: string;
  /** The top of the work tree, or undefined in a bare repository. */
  readonly top: string | undefined;
}

/** @throws UsageError GIT_FAILED outside a repository, ConfigError for a path that is not UTF-8 */
export async function hooksPlace(cwd: string, env: Environment): Promise<HooksPlace> {
  const git = findGit(env);
  if (git === undefined) throw new UsageError('no git on PATH', { code: 'GIT_FAILED' });
  const ask = async (...questions: readonly string[]): Promise<string> => {
    const place = { git, cwd, env: gitEnvironment(env) };
    const answer = await askGitLine(place, ['rev-parse', ...questions]);
    return exactText(answer, 'the path of the hooks');
  };
  const [bare, directory, common] = await Promise.all([
    ask('--is-bare-repository'),
    ask('--git-path', 'hooks'),
    ask('--git-common-dir'),
  ]);
  const isBare = bare === 'true';
  return {
    bare: isBare,
    directory: resolve(cwd, directory),
    own: join(resolve(cwd, common), 'hooks'),
    top: isBare ? undefined : await ask('--show-toplevel'),
  };
}
