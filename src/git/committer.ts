/** Asks git for the committer. */

import { type Person, personOf } from '../core/git/person.ts';
import type { Environment } from '../system/environment.ts';
import { committerEnvironment } from './environment.ts';
import { findGit } from './process.ts';
import { askGit } from './simple-git.ts';

/**
 * Returns the committer that git would write into a commit made in the directory `cwd`: from variables, `committer.*`,
 * `user.*` and `EMAIL`, in git's own order. Returns undefined if git knows no committer, or there is no git.
 */
export async function committerHere(cwd: string, env: Environment): Promise<Person | undefined> {
  const git = findGit(env);
  if (git === undefined) return undefined;
  const place = { git, cwd, env: committerEnvironment(env) };
  const { exitCode, text } = await askGit(place, ['var', 'GIT_COMMITTER_IDENT']);
  return exitCode === 0 ? personOf(text.trim()) : undefined;
}
