/** Reads git's configuration as git prints it. A plain child process asks once (trap L13). */

import { fromUtf8Lossy } from '../core/bytes.ts';
import { ConfigError } from '../errors.ts';
import type { Environment } from '../system/environment.ts';
import type { ProcessResult } from '../system/process.ts';
import { gitEnvironment } from './environment.ts';
import { findGit, runGit } from './process.ts';

/** One value of git's configuration, with its place. */
export interface ConfigEntry {
  /** In lower case except for a subsection, as git prints it. */
  readonly key: string;
  /** Undefined for a bare key, which git takes as true. */
  readonly value: string | undefined;
  /** git's word: `system`, `global`, `local`, `worktree`, `command`. */
  readonly scope: string;
  /** The file, or `command line`. */
  readonly origin: string;
}

/**
 * Parses the output of `git config --list -z --show-scope --show-origin`, weakest entry first. Each entry has three
 * fields that end with NUL. The first newline separates key and value. A bare key has no newline.
 */
export function parseGitConfig(text: string): readonly ConfigEntry[] {
  const fields = text.split('\0');
  const entries: ConfigEntry[] = [];
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [scope = '', from = '', entry = ''] = [fields[at], fields[at + 1], fields[at + 2]];
    const end = entry.indexOf('\n');
    const key = end < 0 ? entry : entry.slice(0, end);
    const value = end < 0 ? undefined : entry.slice(end + 1);
    const origin = from.startsWith('file:') ? from.slice(5) : from.replace(/:$/, '');
    entries.push({ key, value, scope, origin });
  }
  return entries;
}

/** Scopes of the user's own configuration. What a repository brings along is not in them. */
const OWN_SCOPES = ['system', 'global', 'command'];

/** Returns the last value of these keys in the user's own configuration. A repository's value chooses no program (threat I02). */
export function ownValue(
  entries: readonly ConfigEntry[],
  ...keys: readonly string[]
): string | undefined {
  return entries.findLast(({ key, scope }) => keys.includes(key) && OWN_SCOPES.includes(scope))
    ?.value;
}

/** Reads a boolean as git does. A bare key, true, yes, on and non-zero numbers are true. An empty text, false, no, off and 0 are false. */
export function gitBoolean(text: string | undefined): boolean | undefined {
  if (text === undefined) return true;
  const word = text.toLowerCase();
  if (word === 'true' || word === 'yes' || word === 'on') return true;
  if (word === 'false' || word === 'no' || word === 'off' || word === '') return false;
  if (/^[+-]?\d+[kmg]?$/.test(word)) return Number.parseInt(word, 10) !== 0;
  return undefined;
}

interface Place {
  readonly cwd: string;
  readonly env: Environment;
}

/** Every value with its scope and its file. */
const LIST: readonly string[] = ['config', '--list', '-z', '--show-scope', '--show-origin'];

/**
 * Returns git's configuration here, in git's order, for parseGitConfig.
 * @throws ConfigError without git, or if git cannot read it
 */
export async function listGitConfig({ cwd, env }: Place): Promise<string> {
  const git = findGit(env);
  if (git === undefined) {
    throw new ConfigError('git is not on PATH, so its configuration cannot be read');
  }
  const place = { git, cwd, env: gitEnvironment(env) };
  const silent = await runGit(place, LIST, { silent: true });
  if (silent.exitCode === 0) return fromUtf8Lossy(silent.stdout);
  const { stderr, exitCode } = await runGit(place, LIST);
  const said = fromUtf8Lossy(stderr).trim();
  if (/unknown option .show-scope/.test(said)) {
    return listWithoutScopes((more) => runGit(place, [...WITHOUT_SCOPES, ...more]));
  }
  throw new ConfigError(
    `git config --list failed: ${said.split('\n').at(-1) || `exit ${exitCode}`}`,
  );
}

/** The arguments for git before 2.26, which knows no scopes. */
const WITHOUT_SCOPES: readonly string[] = ['config', '--list', '-z', '--show-origin'];

/** Lists the configuration with guessed scopes. A value belongs to the repository, unless the system's or the user's own list names its file. */
async function listWithoutScopes(
  ask: (more: readonly string[]) => Promise<ProcessResult>,
): Promise<string> {
  const list = async (...more: readonly string[]): Promise<readonly string[]> => {
    const { exitCode, stdout } = await ask(more);
    return exitCode === 0 ? fromUtf8Lossy(stdout).split('\0') : [];
  };
  const [all, ...own] = await Promise.all([
    list(),
    list('--system', '--includes'),
    list('--global', '--includes'),
  ]);
  const known = new Set(own.flatMap((fields) => fields.filter((_, at) => at % 2 === 0)));
  const scoped: string[] = [];
  for (let at = 0; at + 1 < all.length; at += 2) {
    const [origin = '', entry = ''] = [all[at], all[at + 1]];
    const scope = origin === 'command line:' ? 'command' : known.has(origin) ? 'global' : 'local';
    scoped.push(scope, origin, entry);
  }
  return scoped.map((field) => `${field}\0`).join('');
}
