/**
 * Reads what a push changes, as git tells its hooks on stdin (githooks(5)), and which commits each change brings in. Of an
 * existing branch, all commits that its old value does not reach are judged. Of a new ref, all commits that no ref of the
 * repository reaches are judged.
 */

import { fromUtf8, fromUtf8Lossy } from '../../core/bytes.ts';
import { UsageError } from '../../errors.ts';
import { resolveCommits, resolveNames } from '../../git/names.ts';
import type { GitObjectType } from '../../git/object-frames.ts';
import { isAncestor } from '../../git/paths.ts';
import { GIT_READS, runGit } from '../../git/process.ts';
import { type ProvedRange, proveRange, type Range } from '../../git/range-commits.ts';
import { type GitRepository, gitLine, isFullHash } from '../../git/repository.ts';

export interface RefUpdate {
  /** The full name on the receiving side. */
  readonly ref: string;
  /** Undefined for a new ref. */
  readonly old: string | undefined;
  /** Undefined for a deleted ref. */
  readonly new: string | undefined;
}

function value(text: string | undefined, { format }: GitRepository): string | undefined {
  if (text === undefined || !isFullHash(text, format)) {
    throw new UsageError("the hook's input is not in git's format");
  }
  return /^0+$/.test(text) ? undefined : text;
}

/** Reads the lines of `pre-receive` (`<old> <new> <ref>`) or `pre-push` (`<local ref> <new> <ref> <old>`). @throws UsageError */
export function readUpdates(
  input: Uint8Array,
  hook: 'pre-push' | 'pre-receive',
  repository: GitRepository,
): readonly RefUpdate[] {
  const text = fromUtf8(input);
  if (text === undefined) throw new UsageError("a ref's name is not UTF-8");
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const words = line.split(' ');
    const [old, fresh, ref] = hook === 'pre-receive' ? words : [words[3], words[1], words[2]];
    if (
      ref === undefined ||
      !ref.startsWith('refs/') ||
      words.length !== (hook === 'pre-receive' ? 3 : 4)
    ) {
      throw new UsageError("the hook's input is not in git's format");
    }
    return { ref, old: value(old, repository), new: value(fresh, repository) };
  });
}

/** Returns the ref that moves. git writes through symbolic refs, and the rules are those of the moved ref. */
export async function movedRef(repository: GitRepository, ref: string): Promise<string> {
  const args = [...GIT_READS, 'symbolic-ref', '--quiet', ref];
  const { exitCode, stdout } = await runGit(repository, args);
  return exitCode === 0 ? fromUtf8Lossy(stdout).trimEnd() : ref;
}

/** The object of a new value, and the commits that it brings in. */
export interface Incoming {
  readonly type: GitObjectType;
  /** Undefined if no commit comes in. */
  readonly range: Range | undefined;
  readonly proved: ProvedRange | undefined;
  readonly count: number;
}

/** Commits that were judged before, with all their ancestors. */
export type Known = Required<Pick<Range, 'exclude' | 'byTag'>>;

/**
 * Returns the commits of the refs below these prefixes. Every write to such a ref must pass this gate (threat P19). A tag
 * stands for the commit that git names, and the caller checks that.
 */
export async function heldBy(
  repository: GitRepository,
  prefixes: readonly string[],
): Promise<Known> {
  const format = '--format=%(objecttype) %(objectname) %(*objecttype) %(*objectname)';
  const list = await gitLine(repository, ['for-each-ref', format, ...prefixes]);
  const direct = new Set<string>();
  const byTag = new Map<string, string>();
  for (const line of list.split('\n')) {
    const [type, id = '', under, leads = ''] = line.split(' ');
    if (type === 'commit') direct.add(id);
    if (type === 'tag' && under === 'commit') byTag.set(leads, id);
  }
  for (const id of direct) byTag.delete(id);
  return { exclude: [...direct, ...byTag.keys()], byTag };
}

/**
 * Returns the commits that an update brings in. `known`: the commits that a new ref is compared with.
 * @throws UsageError if the new value is missing, or a shallow boundary hides commits
 */
export async function incomingOf(
  repository: GitRepository,
  update: RefUpdate & { readonly new: string },
  known: Known,
): Promise<Incoming> {
  const [object] = await resolveNames(repository, [update.new]);
  if (object === undefined) {
    throw new UsageError(`${update.ref}: no such object: ${update.new}`, {
      code: 'NO_SUCH_OBJECT',
    });
  }
  const [commit] = await resolveCommits(repository, [update.new]);
  if (commit === undefined) {
    return { type: object.type, range: undefined, proved: undefined, count: 0 };
  }
  const old = update.old === undefined ? [] : [update.old];
  const [before] = await resolveCommits(repository, old);
  const isTag = update.ref.startsWith('refs/tags/');
  const range: Range =
    before === undefined || isTag
      ? { include: [commit.id], ...known, symmetric: false }
      : { include: [commit.id], exclude: [before.id], symmetric: false };
  const proved = await proveRange(repository, range, update.ref);
  return { type: object.type, range, proved, count: proved.count };
}

/** Returns true if the new value does not descend from the old one: the push removes commits. */
export async function isForced(repository: GitRepository, update: RefUpdate): Promise<boolean> {
  const { old, new: fresh } = update;
  if (old === undefined || fresh === undefined) return false;
  const [from, to] = await resolveCommits(repository, [old, fresh]);
  if (from === undefined || to === undefined) return false;
  return !(await isAncestor(repository, from.id, to.id));
}
