/** git's configuration as git prints it: asked once, by a plain child process (trap L13), and read as git reads it. */

import { fromUtf8Lossy } from '../core/bytes.ts';
import { ConfigError } from '../errors.ts';
import type { Environment } from './config.ts';
import { findExecutable, gitEnvironment, runProcess } from './process.ts';

/** Entries of `git config --list -z`: NUL-separated, key and value split by the first newline; a bare key has none. */
export function parseGitConfig(text: string): ReadonlyMap<string, string | undefined> {
  const entries = new Map<string, string | undefined>();
  for (const entry of text.split('\0')) {
    if (entry === '') continue;
    const end = entry.indexOf('\n');
    if (end < 0) entries.set(entry, undefined);
    else entries.set(entry.slice(0, end), entry.slice(end + 1));
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

/** What git's configuration says here, in git's order. @throws ConfigError without git, or when it cannot be read */
export async function listGitConfig(
  { cwd, env }: { readonly cwd: string; readonly env: Environment },
  extra: readonly string[] = [],
): Promise<string> {
  const git = findExecutable('git', env);
  if (git === undefined) {
    throw new ConfigError('git is not on PATH, so its configuration cannot be read');
  }
  const args = ['config', '--list', '-z', ...extra];
  const options = { cwd, env: gitEnvironment(env) };
  const silent = await runProcess(git, args, { ...options, silent: true });
  if (silent.exitCode === 0) return fromUtf8Lossy(silent.stdout);
  const { stderr, exitCode } = await runProcess(git, args, options);
  const said = fromUtf8Lossy(stderr).trim().split('\n').at(-1);
  throw new ConfigError(`git config --list failed: ${said || `exit ${exitCode}`}`);
}
