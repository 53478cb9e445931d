/**
 * Keeps what the user allowed a repository to set. Each repository has a file in the state directory, with a digest for each
 * key and value. A changed value has another digest, so the user must allow it again. A repository is known by the path of
 * its common directory. So its worktrees share the file, and a moved repository must be allowed again.
 */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fromUtf8Lossy, toHex, utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { ConfigError } from '../errors.ts';
import { type ConfigEntry, listGitConfig, parseGitConfig } from '../git/config.ts';
import { gitEnvironment } from '../git/environment.ts';
import { findGit, runGit } from '../git/process.ts';
import { loadCrypto } from '../system/crypto-port.ts';
import type { Environment } from '../system/environment.ts';
import { stateDirectory } from '../system/state-directory.ts';
import { reasonOf } from '../system/system-error.ts';
import { settleEntries } from './authority.ts';
import type { SettingName } from './settings.ts';

interface Place {
  readonly env: Environment;
  readonly cwd: string;
}

/**
 * Returns the file of the repository's own configuration: the origin of its first local value. Undefined if git printed a
 * path from the top of the work tree, and `cwd` is another directory.
 */
function ownFile(entries: readonly ConfigEntry[], cwd: string): string | undefined {
  const first = entries.find(({ scope }) => scope === 'local');
  const path = first === undefined ? undefined : resolve(cwd, first.origin);
  return path !== undefined && existsSync(path) ? path : undefined;
}

/**
 * Returns the directory that all worktrees of this repository share, without links, or undefined outside a repository. `entries`
 * is git's configuration here. It mostly names the directory already, which saves git's calls another process.
 */
export async function commonDirectory(
  { env, cwd }: Place,
  entries: readonly ConfigEntry[] = [],
): Promise<string | undefined> {
  const file = ownFile(entries, cwd);
  // a configuration that is a link belongs to the directory that it lies in
  if (file !== undefined) return realpathSync(dirname(file));
  const git = findGit(env);
  if (git === undefined) return undefined;
  const place = { git, cwd, env: gitEnvironment(env) };
  const args = ['rev-parse', '--git-common-dir'];
  const { exitCode, stdout } = await runGit(place, args, { silent: true });
  if (exitCode !== 0) return undefined;
  return realpathSync(resolve(cwd, fromUtf8Lossy(stdout).replace(/\n$/, '')));
}

function digestOf(crypto: Crypto, ...parts: readonly (string | null)[]): string {
  return toHex(crypto.hash('sha256', utf8(JSON.stringify(parts))));
}

const entryDigest = (crypto: Crypto, repository: string, { key, value }: ConfigEntry): string =>
  digestOf(crypto, repository, key, value ?? null);

function recordPath(crypto: Crypto, repository: string, env: Environment): string | undefined {
  const state = stateDirectory(env);
  return state && join(state, 'allowed', digestOf(crypto, repository));
}

/** Reads a record. One that cannot be read allows nothing. */
function readRecord(path: string | undefined): ReadonlySet<string> {
  try {
    return new Set(path === undefined ? [] : readFileSync(path, 'utf8').split('\n'));
  } catch {
    return new Set();
  }
}

/** Returns a function that says whether a value of this repository was allowed. Without a repository or a record, none was. */
export async function allowedHere(
  place: Place,
  entries: readonly ConfigEntry[],
): Promise<(entry: ConfigEntry) => boolean> {
  const [crypto, repository] = await Promise.all([loadCrypto(), commonDirectory(place, entries)]);
  if (repository === undefined) return () => false;
  const record = readRecord(recordPath(crypto, repository, place.env));
  return (entry) => record.has(entryDigest(crypto, repository, entry));
}

/** A value of the repository that counts only where it is allowed, or never. */
export interface AskedSetting {
  readonly name: SettingName;
  /** git's key as users write it. */
  readonly key: string;
  readonly entry: ConfigEntry;
  /** `never`: no repository may set this. */
  readonly allowed: 'yes' | 'no' | 'never';
}

/** Returns what the repository here asks for beyond what any repository may set, or undefined outside any. @throws ConfigError */
export async function askedHere(
  place: Place,
): Promise<{ readonly repository: string; readonly asked: readonly AskedSetting[] } | undefined> {
  const entries = parseGitConfig(await listGitConfig(place));
  const repository = await commonDirectory(place, entries);
  if (repository === undefined) return undefined;
  const allowed = await allowedHere(place, entries);
  const none = { allowed: () => false, outweighed: () => false };
  const { ignored } = settleEntries(entries, { caller: 'command', ...none });
  const asked = ignored.map(({ name, key, entry, allowable }): AskedSetting => {
    const answer = allowed(entry) ? 'yes' : 'no';
    return { name, key, entry, allowed: allowable ? answer : 'never' };
  });
  return { repository, asked };
}

/** Allows these values in `repository` (commonDirectory). With `kept`, earlier values stay allowed. @throws ConfigError */
export async function allowEntries(
  entries: readonly ConfigEntry[],
  repository: string,
  env: Environment,
  kept: boolean,
): Promise<void> {
  const crypto = await loadCrypto();
  const path = recordPath(crypto, repository, env);
  if (path === undefined) {
    throw new ConfigError('no place to remember it: neither XDG_STATE_HOME nor HOME is set');
  }
  const digests = new Set(kept ? [...readRecord(path)].filter((line) => line !== '') : []);
  for (const entry of entries) digests.add(entryDigest(crypto, repository, entry));
  const fresh = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    chmodSync(dirname(path), 0o700);
    writeFileSync(fresh, [...digests].map((digest) => `${digest}\n`).join(''), { mode: 0o600 });
    renameSync(fresh, path);
  } catch (error) {
    throw new ConfigError(`what was allowed cannot be remembered: ${reasonOf(error)}`);
  }
}

/** Removes all allowed values of `repository`. Returns false if there were none. */
export async function forgetAllowed(repository: string, env: Environment): Promise<boolean> {
  const crypto = await loadCrypto();
  const path = recordPath(crypto, repository, env);
  const some = readRecord(path).size > 0;
  if (path !== undefined) rmSync(path, { force: true });
  return some;
}
