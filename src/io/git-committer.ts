/** Who git would say commits here. */

import { fromUtf8Lossy } from '../core/bytes.ts';
import { type Person, personOf } from '../core/git/person.ts';
import type { Environment } from './config.ts';
import { findExecutable, gitEnvironment, runProcess } from './process.ts';

/** Where git looks for a committer besides its configuration (git-var(1), git-commit-tree(1)). */
const NAMED_BY = ['GIT_COMMITTER_NAME', 'GIT_COMMITTER_EMAIL', 'EMAIL'];

/**
 * The committer that git would write into a commit made in the directory `cwd`: from variables, `committer.*`,
 * `user.*` and `EMAIL`, in git's own order. Undefined where git knows of nobody, or is not there.
 */
export async function committerHere(cwd: string, env: Environment): Promise<Person | undefined> {
  const git = findExecutable('git', env);
  if (git === undefined) return undefined;
  const named = NAMED_BY.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const options = { cwd, env: { ...gitEnvironment(env), ...Object.fromEntries(named) } };
  const { exitCode, stdout } = await runProcess(git, ['var', 'GIT_COMMITTER_IDENT'], {
    ...options,
    silent: true,
  });
  return exitCode === 0 ? personOf(fromUtf8Lossy(stdout).trim()) : undefined;
}
