/**
 * Opens a repository for reading: its object format, its shallow boundary, and its objects. Replacements, grafts, the
 * commit graph file and lazy fetches are off (threat G10).
 */

import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { fromUtf8Lossy } from '../core/bytes.ts';
import type { ObjectFormat } from '../core/git/signed-object.ts';
import { UsageError } from '../errors.ts';
import { loadCrypto } from '../system/crypto-port.ts';
import type { Environment } from '../system/environment.ts';
import { gitEnvironment } from './environment.ts';
import type { RangeMemory } from './known-ranges.ts';
import { type ObjectStore, openObjectStore } from './object-store.ts';
import { findGit, GIT_READS, type GitPlace, gitSaid, runGit } from './process.ts';

export interface GitRepository extends GitPlace {
  /** The name of its folder, for people: `parser`, or `parser.git` for a bare repository. */
  readonly name: string;
  readonly format: ObjectFormat;
  /** Commits whose parents a shallow clone left out. Empty in a complete repository. */
  readonly shallow: ReadonlySet<string>;
  /** Its objects, each hashed when it is read. The caller that opens a repository closes them. */
  readonly objects: ObjectStore;
  /** Ranges that were proved before, if this run uses the proof store. */
  readonly ranges?: RangeMemory | undefined;
}

const FULL_HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Returns true for a full hash in lower case, the only spelling that is taken without a lookup. */
export function isFullHash(name: string, format: ObjectFormat): boolean {
  return name.length === (format === 'sha1' ? 40 : 64) && FULL_HASH.test(name);
}

async function ask(place: GitPlace, args: readonly string[], input?: Uint8Array): Promise<string> {
  const result = await runGit(place, [...GIT_READS, ...args], { input });
  if (result.exitCode !== 0) {
    const said = gitSaid(result.stderr, `git ${args[0]} ended with ${result.exitCode}`);
    throw new UsageError(`git: ${said.replace(/^fatal: /, '')}`, { code: 'GIT_FAILED' });
  }
  return fromUtf8Lossy(result.stdout);
}

/** Returns git's answer without its last line end. @throws UsageError GIT_FAILED */
export async function gitLine(
  place: GitPlace,
  args: readonly string[],
  input?: Uint8Array,
): Promise<string> {
  return (await ask(place, args, input)).replace(/\n$/, '');
}

async function readShallow(path: string): Promise<ReadonlySet<string>> {
  const text = await readFile(path, 'utf8');
  return new Set(text.split('\n').filter((line) => FULL_HASH.test(line)));
}

/** Returns the name of the folder whose git directory holds this file. All worktrees of a repository share the file. */
function nameOf(shallowFile: string): string {
  const directory = dirname(shallowFile);
  return basename(basename(directory) === '.git' ? dirname(directory) : directory);
}

/**
 * Opens the repository of `cwd` (or GIT_DIR).
 * @throws UsageError GIT_FAILED if there is no git, or no repository
 */
export async function openRepository(cwd: string, env: Environment): Promise<GitRepository> {
  const git = findGit(env);
  if (git === undefined) throw new UsageError('git is not on PATH', { code: 'GIT_FAILED' });
  const base = { git, cwd, env: gitEnvironment(env) };
  const questions = ['--show-object-format', '--is-shallow-repository', '--git-path', 'shallow'];
  const answer = await ask(base, ['rev-parse', ...questions]);
  const [format, shallow, ...path] = answer.replace(/\n$/, '').split('\n');
  if (format !== 'sha1' && format !== 'sha256') {
    throw new UsageError(`git uses the object format ${format}, which this program does not know`, {
      code: 'GIT_FAILED',
    });
  }
  const shallowFile = resolve(cwd, path.join('\n'));
  const boundary = shallow === 'true' ? await readShallow(shallowFile) : new Set<string>();
  const objects = openObjectStore({ ...base, format }, loadCrypto);
  return { ...base, name: nameOf(shallowFile), format, shallow: boundary, objects };
}
