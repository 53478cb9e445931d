/**
 * What a push changes, as git tells its hooks on stdin (githooks(5)), and which commits each change brings in. A branch
 * that exists is judged like a merge: everything that its old value does not reach. A new ref is judged by what no
 * ref of the repository reaches.
 */

import { fromUtf8, fromUtf8Lossy } from '../core/bytes.ts';
import { UsageError } from '../errors.ts';
import { commitsOf, type Range } from '../io/git-ranges.ts';
import { GIT_READS, type GitRepository, isFullHash, resolveNames } from '../io/git-repository.ts';
import type { GitObjectType } from '../io/object-frames.ts';
import { runProcess } from '../io/process.ts';

export interface RefUpdate {
  /** Full name on the side that receives. */
  readonly ref: string;
  /** Undefined for a ref that is made. */
  readonly old: string | undefined;
  /** Undefined for a ref that is deleted. */
  readonly new: string | undefined;
}

function value(text: string | undefined, { format }: GitRepository): string | undefined {
  if (text === undefined || !isFullHash(text, format)) {
    throw new UsageError('the hook was given a line that is not git’s');
  }
  return /^0+$/.test(text) ? undefined : text;
}

/** Lines of `pre-receive` (`<old> <new> <ref>`) or `pre-push` (`<local ref> <new> <ref> <old>`). @throws UsageError */
export function readUpdates(
  input: Uint8Array,
  hook: 'pre-push' | 'pre-receive',
  repository: GitRepository,
): readonly RefUpdate[] {
  const text = fromUtf8(input);
  if (text === undefined) throw new UsageError('a ref’s name is not UTF-8');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const words = line.split(' ');
    const [old, fresh, ref] = hook === 'pre-receive' ? words : [words[3], words[1], words[2]];
    if (
      ref === undefined ||
      !ref.startsWith('refs/') ||
      words.length !== (hook === 'pre-receive' ? 3 : 4)
    ) {
      throw new UsageError('the hook was given a line that is not git’s');
    }
    return { ref, old: value(old, repository), new: value(fresh, repository) };
  });
}

/** The ref that a push to this one moves: git writes through symbolic refs, and rules are for what is moved. */
export async function movedRef({ git, cwd, env }: GitRepository, ref: string): Promise<string> {
  const args = [...GIT_READS, 'symbolic-ref', '--quiet', ref];
  const { exitCode, stdout } = await runProcess(git, args, { cwd, env });
  return exitCode === 0 ? fromUtf8Lossy(stdout).trimEnd() : ref;
}

/** What a new value is, and the commits that come in with it. */
export interface Incoming {
  readonly type: GitObjectType;
  readonly range: Range | undefined;
  readonly count: number;
}

/** Which refs hold what has been judged before, as arguments of rev-list. */
export type Known = readonly string[];

/**
 * The commits that an update brings in. `known`: what a new ref is compared with.
 * @throws UsageError when the new value is not there, or a shallow boundary hides what comes in
 */
export async function incomingOf(
  repository: GitRepository,
  update: RefUpdate & { readonly new: string },
  known: Known,
): Promise<Incoming> {
  const names = [update.new, `${update.new}^{commit}`];
  const old = update.old === undefined ? [] : [`${update.old}^{commit}`];
  const [object, commit, before] = await resolveNames(repository, [...names, ...old]);
  if (object === undefined) {
    throw new UsageError(`${update.ref}: ${update.new} is not here`, { code: 'NO_SUCH_OBJECT' });
  }
  if (commit === undefined) return { type: object.type, range: undefined, count: 0 };
  const isTag = update.ref.startsWith('refs/tags/');
  const range: Range =
    before === undefined || isTag
      ? { include: [commit.id], exclude: [], known, symmetric: false }
      : { include: [commit.id], exclude: [before.id], symmetric: false };
  let count = 0;
  for await (const group of commitsOf(repository, range)) {
    count += group.length;
    if (group.some((id) => repository.shallow.has(id))) {
      throw new UsageError(`${update.ref}: cut off by a shallow clone`, { code: 'SHALLOW_RANGE' });
    }
  }
  return { type: object.type, range, count };
}

/** True when the old value is not among the ancestors of the new one: something is taken back. */
export async function isForced(repository: GitRepository, update: RefUpdate): Promise<boolean> {
  const { old, new: fresh } = update;
  if (old === undefined || fresh === undefined) return false;
  const [from, to] = await resolveNames(repository, [`${old}^{commit}`, `${fresh}^{commit}`]);
  if (from === undefined || to === undefined) return false;
  const back: Range = { include: [from.id], exclude: [to.id], symmetric: false };
  for await (const group of commitsOf(repository, back)) if (group.length > 0) return true;
  return false;
}
