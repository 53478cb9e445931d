/** Changes git's configuration by `git config` itself, one file at a time. */

import { ConfigError } from '../errors.ts';
import type { Environment } from '../system/environment.ts';
import { gitEnvironment } from './environment.ts';
import { findGit } from './process.ts';
import { askGit, exactText } from './simple-git.ts';

export type ConfigScope = '--local' | '--global';

export interface ConfigPlace {
  readonly cwd: string;
  readonly env: Environment;
}

/** Runs `git config`. Returns undefined if the key is not there (exit 1 or 5). @throws ConfigError */
export async function gitConfig(
  { cwd, env }: ConfigPlace,
  scope: ConfigScope,
  args: readonly string[],
): Promise<string | undefined> {
  const git = findGit(env);
  if (git === undefined) throw new ConfigError('git is not on PATH');
  const place = { git, cwd, env: gitEnvironment(env) };
  const { exitCode, text, said } = await askGit(place, ['config', scope, ...args]);
  if (exitCode === 0) return text;
  if (exitCode === 1 || exitCode === 5) return undefined;
  throw new ConfigError(`git config: ${said.replace(/^(?:fatal|error): /, '')}`, {
    hint: hintFor(said),
  });
}

/** Returns the remedy for common failures. git writes in English here. */
function hintFor(said: string): string | undefined {
  if (/git (?:repository|directory)/.test(said))
    return 'run it inside a repository, or add --global';
  if (/could not lock .*File exists/.test(said))
    return 'another git is writing it, and if none is, remove that file’s .lock';
  return undefined;
}

/** Returns every value of a key in this file, in order. @throws ConfigError */
export async function allValues(
  place: ConfigPlace,
  scope: ConfigScope,
  key: string,
): Promise<readonly string[]> {
  const text = await gitConfig(place, scope, ['-z', '--get-all', key]);
  return text === undefined ? [] : exactText(text, key).split('\0').slice(0, -1);
}

/** Makes `values` the only values of a key in this file. @throws ConfigError */
export async function replaceValues(
  place: ConfigPlace,
  scope: ConfigScope,
  key: string,
  values: readonly string[],
): Promise<void> {
  const [only, ...more] = values;
  if (only === undefined) {
    await gitConfig(place, scope, ['--unset-all', key]);
    return;
  }
  await gitConfig(place, scope, ['--replace-all', key, only]);
  for (const value of more) await gitConfig(place, scope, ['--add', key, value]);
}
