/**
 * Writes objects and moves a ref, without index, working tree, filters or hooks. A ref moves only from the value that the
 * caller has read (compare-and-set), so no other writer's work is lost.
 */

import { fromUtf8Lossy } from '../core/bytes.ts';
import { type DatedPerson, personOf } from '../core/git/person.ts';
import type { TreeEntry } from '../core/git/tree-entries.ts';
import { UsageError } from '../errors.ts';
import type { Environment } from '../system/environment.ts';
import { committerEnvironment, NOTHING } from './environment.ts';
import type { GitObjectType } from './object-frames.ts';
import { GIT_READS, runGit } from './process.ts';
import { type GitRepository, gitLine, isFullHash } from './repository.ts';

/** Git would run the hook `reference-transaction` for a ref that moves. */
const WITHOUT_HOOKS = [...GIT_READS, '-c', `core.hooksPath=${NOTHING}`];

async function written(
  repository: GitRepository,
  args: readonly string[],
  input: Uint8Array,
): Promise<string> {
  const id = await gitLine(repository, args, input);
  if (isFullHash(id, repository.format)) return id;
  throw new UsageError(`git ${args[0]} did not answer with a hash`, { code: 'GIT_FAILED' });
}

/** Stores an object and returns its hash. @throws UsageError GIT_FAILED */
export function writeObject(
  repository: GitRepository,
  type: Exclude<GitObjectType, 'tree'>,
  raw: Uint8Array,
): Promise<string> {
  return written(repository, ['hash-object', '-w', '-t', type, '--stdin'], raw);
}

const TYPES: Readonly<Record<string, string>> = { '040000': 'tree', '160000': 'commit' };

/** Stores a tree and returns its hash. git sorts the entries. @throws UsageError GIT_FAILED */
export function writeTree(
  repository: GitRepository,
  entries: readonly TreeEntry[],
): Promise<string> {
  const rows = entries.map(
    ({ mode, name, oid }) => `${mode} ${TYPES[mode] ?? 'blob'} ${oid}\t${name}\0`,
  );
  const input = Buffer.from(rows.join(''), 'latin1');
  // a partial clone does not hold every object that a tree names
  return written(repository, ['mktree', '-z', '--missing'], input);
}

/** A commit to be written. Author and committer are the same person. */
export interface NewCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly person: DatedPerson;
  readonly message: string;
}

/** Stores an unsigned commit and returns its hash. @throws UsageError GIT_FAILED */
export function writeCommit(
  repository: GitRepository,
  { tree, parents, person, message }: NewCommit,
): Promise<string> {
  const who = `${person.name} <${person.email}> ${person.time} +0000`;
  const lines = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`)];
  const text = [...lines, `author ${who}`, `committer ${who}`, '', message, ''].join('\n');
  return writeObject(repository, 'commit', Buffer.from(text));
}

/** The move of a ref. `from` is its value until now, or undefined if it must not exist yet. */
export interface RefMove {
  readonly ref: string;
  readonly from: string | undefined;
  readonly to: string;
  readonly message: string;
}

/** Moves a ref. Returns undefined, or git's whole message if the ref has another value now or is locked. */
export async function moveRef(
  repository: GitRepository,
  { ref, from, to, message }: RefMove,
): Promise<string | undefined> {
  const none = '0'.repeat(repository.format === 'sha1' ? 40 : 64);
  const args = ['update-ref', '--no-deref', '-m', message, ref, to, from ?? none];
  const { exitCode, stderr } = await runGit(repository, [...WITHOUT_HOOKS, ...args]);
  return exitCode === 0 ? undefined : fromUtf8Lossy(stderr);
}

/** The committer if git knows none. */
const NOBODY = { name: 'git-signet', email: '' };

/** Returns the committer that git would write here, or this program's name if git knows none. `time` is in Unix seconds. */
export async function committerAt(
  { git, cwd }: GitRepository,
  env: Environment,
  time: number,
): Promise<DatedPerson> {
  const place = { git, cwd, env: committerEnvironment(env) };
  const { exitCode, stdout } = await runGit(place, ['var', 'GIT_COMMITTER_IDENT']);
  const person = exitCode === 0 ? personOf(fromUtf8Lossy(stdout).trim()) : undefined;
  return { ...(person ?? NOBODY), time };
}
