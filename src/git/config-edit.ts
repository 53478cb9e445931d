/** Changes git's configuration by `git config` itself, one file at a time. */

import { resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import type { Environment } from '../system/environment.ts';
import { gitEnvironment } from './environment.ts';
import { findGit, type GitPlace } from './process.ts';
import { askGit, exactText } from './simple-git.ts';

export type ConfigScope = '--local' | '--global' | `--file=${string}`;

export interface ConfigPlace {
  readonly cwd: string;
  readonly env: Environment;
}

function gitPlace({ cwd, env }: ConfigPlace): GitPlace {
  const git = findGit(env);
  if (git === undefined) throw new ConfigError('git is not on PATH');
  return { git, cwd, env: gitEnvironment(env) };
}

/** Returns the repository's file, which all of its worktrees share. @throws ConfigError outside a repository */
export async function repositoryFile(place: ConfigPlace): Promise<string> {
  const args = ['rev-parse', '--git-path', 'config'];
  const { exitCode, text, said } = await askGit(gitPlace(place), args);
  if (exitCode === 0) return resolve(place.cwd, text.replace(/\n$/, ''));
  throw new ConfigError(`git: ${said.replace(/^fatal: /, '')}`, { hint: hintFor(said) });
}

/** Runs `git config`. Returns undefined if the key is not there (exit 1 or 5). @throws ConfigError */
export async function gitConfig(
  place: ConfigPlace,
  scope: ConfigScope,
  args: readonly string[],
): Promise<string | undefined> {
  const { exitCode, text, said } = await askGit(gitPlace(place), ['config', scope, ...args]);
  if (exitCode === 0) return text;
  if (exitCode === 1 || exitCode === 5) return undefined;
  throw new ConfigError(`git config: ${said.replace(/^(?:fatal|error): /, '')}`, {
    hint: hintFor(said),
  });
}

/** Returns the remedy for common failures. git writes in English here. */
function hintFor(said: string): string | undefined {
  if (/git (?:repository|directory)/.test(said)) return OUTSIDE_HINT;
  return /could not lock .*File exists/.test(said) ? LOCKED_HINT : undefined;
}

/** The remedy outside a repository. */
export const OUTSIDE_HINT = 'run it inside a repository, or add --global';
/** The remedy if another program holds git's lock on a file. */
export const LOCKED_HINT = 'another git is writing it, and if none is, remove that file’s .lock';

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

/** The includes that a command has added, by key (in lower case, as git lists it) and by file. */
export interface OwnIncludes {
  readonly key: RegExp;
  readonly isOwn: (file: string) => boolean;
}

/**
 * Moves own includes behind the last value of `key`, if they stand before it, because git takes the last value.
 * @throws ConfigError
 */
export async function moveBehind(
  place: ConfigPlace,
  scope: ConfigScope,
  { key: includes, isOwn }: OwnIncludes,
  key: string,
): Promise<void> {
  const text = (await gitConfig(place, scope, ['-z', '--list'])) ?? '';
  const names = text.split('\0').map((entry) => entry.split('\n', 1)[0] ?? '');
  const last = names.lastIndexOf(key.toLowerCase());
  const early = new Set(names.slice(0, Math.max(last, 0)).filter((name) => includes.test(name)));
  for (const name of early) {
    const values = await allValues(place, scope, name);
    if (!values.some(isOwn)) continue;
    await gitConfig(place, scope, ['--unset-all', name]);
    for (const value of values) await gitConfig(place, scope, ['--add', name, value]);
  }
}
