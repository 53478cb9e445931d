/**
 * Reads one blob out of a commit by one short-lived git. It reads the policy for git's own call. Commit, trees and blob
 * come from one answer, and each must be the one that its parent names. So a forged object store is noticed (threat P17).
 */

import { fromUtf8Lossy, latin1, utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { commitLinks, tagTarget } from '../core/git/links.ts';
import type { ObjectFormat } from '../core/git/signed-object.ts';
import { DIRECTORY, GITLINK, treeEntries } from '../core/git/tree-entries.ts';
import { ConfigError } from '../errors.ts';
import type { Environment } from '../system/environment.ts';
import { gitEnvironment } from './environment.ts';
import { corrupt, hashed } from './hashed-object.ts';
import type { GitObjectType, ObjectFrame } from './object-frames.ts';
import { findGit, GIT_READS, gitSaid, runGit } from './process.ts';

/** Makes git warn about ambiguous names, whatever the repository's configuration says. */
const WARN = 'core.warnAmbiguousRefs=true';

/** Reads the objects that `cat-file --batch` writes. A missing object is undefined. */
function answersOf(bytes: Uint8Array, count: number): readonly (ObjectFrame | undefined)[] {
  const answers: (ObjectFrame | undefined)[] = [];
  for (let at = 0; answers.length < count; ) {
    const end = bytes.indexOf(0x0a, at);
    if (end === -1) throw new ConfigError('git cat-file did not answer all requests');
    const header = latin1(bytes.subarray(at, end));
    const [, id, type, size] =
      /^([0-9a-f]{40,64}) (commit|tag|tree|blob) (\d+)$/.exec(header) ?? [];
    const start = end + 1;
    at = start;
    if (id === undefined || size === undefined) {
      answers.push(undefined);
      continue;
    }
    const raw = bytes.subarray(start, start + Number(size));
    answers.push({ kind: 'object', id, type: type as GitObjectType, raw });
    at = start + Number(size) + 1;
  }
  return answers;
}

/** Asks for all objects at once. @throws ConfigError for a revision that names several refs */
async function ask(
  names: readonly string[],
  revision: string,
  { cwd, env }: Where,
): Promise<readonly (ObjectFrame | undefined)[]> {
  const git = findGit(env);
  if (git === undefined) throw new ConfigError('git is not on PATH');
  const { exitCode, stdout, stderr } = await runGit(
    { git, cwd, env: gitEnvironment(env) },
    [...GIT_READS, '-c', WARN, 'cat-file', '--batch'],
    { input: utf8(`${names.join('\n')}\n`) },
  );
  if (exitCode !== 0) {
    throw new ConfigError(`git: ${gitSaid(stderr, 'cat-file failed').replace(/^fatal: /, '')}`);
  }
  const [, twice] = /refname '(.*)' is ambiguous/.exec(fromUtf8Lossy(stderr)) ?? [];
  if (twice === undefined) return answersOf(stdout, names.length);
  throw new ConfigError(`${revision}: ${twice} names several refs`, {
    code: 'POLICY_FILE',
    hint: `use the full name, such as refs/heads/${twice}`,
  });
}

const formatOf = (id: string): ObjectFormat => (id.length === 64 ? 'sha256' : 'sha1');

interface Where {
  readonly cwd: string;
  readonly env: Environment;
}

/** Returns true if a revision names a commit of this repository. @throws ConfigError as readBlob */
export async function namesCommit(revision: string, where: Where): Promise<boolean> {
  if (/[\n\r\0]/.test(revision) || revision === '') return false;
  const [commit] = await ask([`${revision}^{commit}`], revision, where);
  return commit !== undefined;
}

/**
 * Reads the file at `path` in the commit that `revision` names. Returns undefined if there is no such commit, or no such
 * file in its tree. @throws ConfigError without git or repository, and for a revision that names several refs: git prefers
 * a tag over a branch of the same name, and a stranger may have pushed it (threat P04). UsageError OBJECT_CORRUPT
 */
export async function readBlob(
  { revision, path }: { readonly revision: string; readonly path: string },
  where: Where,
  crypto: Crypto,
): Promise<Uint8Array | undefined> {
  if (/[\n\r\0]/.test(revision + path) || revision === '') return undefined;
  const parts = path.split('/');
  const directories = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
  const below = [...directories, path].map((each) => `${revision}:${each}`);
  const names = [revision, `${revision}^{commit}`, `${revision}^{tree}`, ...below];
  const frames = (await ask(names, revision, where)).map((frame) => {
    return frame && hashed(frame, crypto, formatOf(frame.id));
  });
  const [start, commit, ...chain] = frames;
  if (start?.kind !== 'object' || commit?.kind !== 'object') return undefined;
  const format = formatOf(commit.id);
  const leads = start.type === 'tag' ? tagTarget(start.raw, format)?.target : start.id;
  if (leads !== commit.id || commit.type !== 'commit') {
    throw corrupt(start.id, `it does not lead to ${commit.id} by itself`);
  }
  let due = { oid: commitLinks(commit.raw, format)?.tree ?? '', mode: DIRECTORY };
  for (const [index, part] of [...parts, undefined].entries()) {
    const frame = chain[index];
    if (frame?.kind !== 'object' || frame.id !== due.oid) {
      throw corrupt(due.oid, 'the commit names this object, but git did not return it');
    }
    if (part === undefined) return frame.type === 'blob' ? frame.raw.slice() : undefined;
    const entries = due.mode === DIRECTORY ? treeEntries(frame.raw, format) : undefined;
    const next = entries?.find(({ name }) => name === latin1(utf8(part)));
    if (next === undefined || next.mode === GITLINK) return undefined;
    due = next;
  }
  return undefined;
}
