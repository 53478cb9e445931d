/** git's configuration as git prints it: asked once, by a plain child process (trap L13), and read as git reads it. */

import { fromUtf8Lossy } from '../core/bytes.ts';
import { ConfigError } from '../errors.ts';
import type { Environment } from '../system/environment.ts';
import type { ProcessResult } from '../system/process.ts';
import { gitEnvironment } from './environment.ts';
import { findGit, runGit } from './process.ts';

/** One value of git's configuration, and where it stands. */
export interface ConfigEntry {
  /** In lower case but for a subsection, as git prints it. */
  readonly key: string;
  /** Undefined: git's bare key. */
  readonly value: string | undefined;
  /** git's word: `system`, `global`, `local`, `worktree`, `command`. */
  readonly scope: string;
  /** The file, or `command line`. */
  readonly origin: string;
}

/**
 * Entries of `git config --list -z --show-scope --show-origin`, weakest first: three fields each, separated by NUL. Key
 * and value are split by the first newline. A bare key has no newline.
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

/** git's booleans: a bare key is true; true, yes, on and non-zero numbers; false, no, off, 0 and nothing. */
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
 * What git's configuration says here, in git's order, as parseGitConfig reads it.
 * @throws ConfigError without git, or when it cannot be read
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

/** For git before 2.26, which knows no scopes. */
const WITHOUT_SCOPES: readonly string[] = ['config', '--list', '-z', '--show-origin'];

/** A value is the repository's, unless it stands in a file that the system's or the user's own list names. */
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
