/**
 * Lists the heads that refs hold, and finds those that may hold given files. git's answers here only choose the heads that
 * are looked at. The caller proves everything else of a head from hashed objects (threat P17).
 */

import { fromUtf8Lossy, latin1 } from '../core/bytes.ts';
import { matchesRef } from '../core/policy/patterns.ts';
import { UsageError } from '../errors.ts';
import { listed } from './objects.ts';
import { GIT_READS, gitSaid, runGit } from './process.ts';
import type { GitRepository } from './repository.ts';

/** A commit that a ref holds. */
export interface Head {
  readonly id: string;
  /** Full name of the ref. */
  readonly ref: string;
  /** Unix seconds. The committer claims it. */
  readonly time: number;
}

/** Most heads that are listed. */
export const MAX_HEADS = 200_000;

/** Returns the part of a pattern before its first star, up to a slash. git lists the refs below it. */
function below(pattern: string): string {
  const star = pattern.indexOf('*');
  return star === -1 ? pattern : pattern.slice(0, pattern.lastIndexOf('/', star));
}

/** Returns the commits that refs hold whose names fit a pattern. `whole` is false if there are more than MAX_HEADS. @throws UsageError GIT_FAILED */
export async function listHeads(
  repository: GitRepository,
  patterns: readonly string[],
): Promise<{ readonly heads: readonly Head[]; readonly whole: boolean }> {
  const heads: Head[] = [];
  const format = '--format=%(objecttype) %(objectname) %(committerdate:unix) %(refname)';
  const args = ['for-each-ref', format, ...new Set(patterns.map(below))];
  for await (const lines of listed(repository, args)) {
    for (const line of lines) {
      const [type, id = '', time, ...name] = line.split(' ');
      const ref = name.join(' ');
      if (type !== 'commit' || !patterns.some((pattern) => matchesRef(pattern, ref))) continue;
      if (heads.length === MAX_HEADS) return { heads, whole: false };
      heads.push({ id, ref, time: Number(time) });
    }
  }
  return { heads, whole: true };
}

/** The answer if there is no such object. */
export const MISSING = 'missing';

/** Asks git for the objects that many expressions name, or MISSING. Each is one line, and its characters stand for bytes. @throws UsageError GIT_FAILED */
export async function askObjects(
  repository: GitRepository,
  expressions: readonly string[],
): Promise<readonly string[]> {
  if (expressions.length === 0) return [];
  const args = [...GIT_READS, 'cat-file', '--buffer', '--batch-check=%(objectname)'];
  const input = Buffer.from(expressions.map((each) => `${each}\n`).join(''), 'latin1');
  const { exitCode, stdout, stderr } = await runGit(repository, args, { input });
  if (exitCode !== 0) {
    throw new UsageError(`git cat-file: ${gitSaid(stderr, 'failed')}`, { code: 'GIT_FAILED' });
  }
  const lines = latin1(stdout).split('\n');
  return expressions.map((_, index) => {
    const line = lines[index] ?? '';
    return /^[0-9a-f]{40,64}$/.test(line) ? line : MISSING;
  });
}

/** A file whose content differs between two commits. */
export interface ChangedFile {
  /** One character a byte. */
  readonly path: string;
  /** Blobs before and after, or MISSING. */
  readonly before: string;
  readonly after: string;
}

const SUBMODULE = '160000';

function changedFile(line: string): ChangedFile | undefined {
  const [left, path = ''] = line.split('\t');
  const [from, to, before = '', after = ''] = (left ?? '').slice(1).split(' ');
  // git quotes paths that hold line ends and the like
  if (before === after || path.startsWith('"') || [from, to].includes(SUBMODULE)) return undefined;
  const named = (id: string): string => (/^0+$/.test(id) ? MISSING : id);
  return { path, before: named(before), after: named(after) };
}

/** Returns the first files whose content differs between two commits, at most `limit`. @throws UsageError GIT_FAILED */
export async function changedFiles(
  repository: GitRepository,
  from: string,
  to: string,
  limit: number,
): Promise<readonly ChangedFile[]> {
  const files: ChangedFile[] = [];
  const args = ['-c', 'core.quotePath=false', 'diff-tree', '-r', '--no-renames', from, to];
  for await (const lines of listed(repository, args)) {
    for (const line of lines) {
      const file = changedFile(line);
      if (file !== undefined) files.push(file);
      if (files.length === limit) return files;
    }
  }
  return files;
}

/** Counts the commits that only one of two commits reaches. git's answer bounds the work, and proves nothing. @throws UsageError GIT_FAILED */
export async function countSides(
  repository: GitRepository,
  first: string,
  second: string,
): Promise<{ readonly first: number; readonly second: number }> {
  const range = `${first}...${second}`;
  const args = [...GIT_READS, 'rev-list', '--count', '--left-right', range];
  const { exitCode, stdout, stderr } = await runGit(repository, args);
  if (exitCode !== 0) {
    throw new UsageError(`git rev-list: ${gitSaid(stderr, 'failed')}`, { code: 'GIT_FAILED' });
  }
  const [left, right] = fromUtf8Lossy(stdout).trim().split('\t').map(Number);
  return { first: left ?? 0, second: right ?? 0 };
}
