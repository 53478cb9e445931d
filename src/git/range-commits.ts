/**
 * Which commits lie in a range, in what order, on what parents. git lists candidates; what counts is what the hashed
 * commits themselves say (threat P17). Every parent of a commit in the range is in the range too, or is left out because
 * a path of hashed commits leads to it from what the caller excludes. Hashes go in and hashes come out, so no name is
 * looked up twice (threat P13).
 */

import { UsageError } from '../errors.ts';
import { streamLinks } from './commit-links.ts';
import { CommitList } from './compact-commits.ts';
import { listed } from './objects.ts';
import { proveReached, proveTag } from './paths.ts';
import type { GitRepository } from './repository.ts';

/** Between which commits. All of them are full hashes; `exclude` and their ancestors are left out. */
export interface Range {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Commits that both included ones reach are left out too (`A...B`). */
  readonly symmetric: boolean;
  /** Commits of `exclude` that only a tag leads to, and that tag: its word is checked where it is needed. */
  readonly byTag?: ReadonlyMap<string, string>;
}

/** A commit of a range, with its tree and parents as its own bytes say them. */
export interface WalkedCommit {
  readonly id: string;
  /** Undefined for a commit that is not read for its size. */
  readonly tree?: string | undefined;
  readonly parents: readonly string[];
  /** It is not of the range: an excluded parent of some that is. */
  readonly boundary: boolean;
}

export type Order = 'newest-first' | 'parents-first';

/** A range whose every commit is known. */
export interface ProvedRange {
  readonly count: number;
  /** In groups. `parents-first`: before all others the excluded commits that the range stands on. */
  readonly walk: (order: Order) => Iterable<readonly WalkedCommit[]>;
  /** The range's own line: from its tips along first parents alone. */
  readonly line: ReadonlySet<string>;
}

const AT_ONCE = 512;
/** Bits of the two sides of a symmetric range. */
export const BOTH = 3;

function argumentsOf({ include, exclude, symmetric }: Range): readonly string[] {
  const [first, second] = include;
  const tips = symmetric ? [`${first}...${second}`] : include;
  return [...tips, ...exclude.map((id) => `^${id}`)];
}

function refuseShallow({ shallow }: GitRepository, ids: readonly string[], name: string): void {
  const cut = shallow.size > 0 && ids.find((id) => shallow.has(id));
  if (!cut) return;
  throw new UsageError(`${name}: cut off by a shallow clone at ${cut}`, {
    code: 'SHALLOW_RANGE',
    hint: 'run: git fetch --unshallow',
  });
}

/** Commits that were named as parents and not met yet, and the sides of the range that lead there. What remains lies outside. */
export type Named = Map<string, number>;

/** Notes that these sides lead to a commit. */
export function named(outside: Named, id: string, sides: number): void {
  outside.set(id, (outside.get(id) ?? 0) | sides);
}

/**
 * Walks a range, children before parents, and leaves the commits that it stands on in `outside`.
 * @throws UsageError SHALLOW_RANGE, OBJECT_CORRUPT
 */
async function collect(
  repository: GitRepository,
  range: Range,
  title: string,
  outside: Named,
): Promise<{ readonly list: CommitList; readonly line: ReadonlySet<string> }> {
  const list = new CommitList(repository.format);
  const next = new Set(range.include);
  const line = new Set<string>();
  for (const [index, id] of range.include.entries())
    named(outside, id, range.symmetric ? index + 1 : BOTH);
  const args = ['rev-list', '--date-order', '--stdin'];
  async function* candidates(): AsyncGenerator<readonly string[]> {
    for await (const ids of listed(repository, args, argumentsOf(range))) {
      refuseShallow(repository, ids, title);
      yield ids;
    }
  }
  for await (const commits of streamLinks(repository, candidates())) {
    for (const commit of commits) {
      const { id, parents } = commit;
      const sides = outside.get(id) ?? 0;
      outside.delete(id);
      for (const parent of parents) named(outside, parent, sides);
      list.push(commit);
      if (!next.delete(id)) continue;
      line.add(id);
      const [first] = parents;
      if (first !== undefined) next.add(first);
    }
  }
  return { list, line };
}

/**
 * The commits of a range, and the proof that nothing else belongs to it. `title`: how messages call it.
 * @throws UsageError SHALLOW_RANGE when a shallow clone cuts it off; OBJECT_CORRUPT when the store does not hold what
 * the hashes say, or a commit is left out that nothing excluded leads to
 */
export async function proveRange(
  repository: GitRepository,
  range: Range,
  title: string,
): Promise<ProvedRange> {
  const sides: Named = new Map();
  const { list, line } = await collect(repository, range, title, sides);
  const outside = [...sides.keys()];
  const common = range.symmetric ? outside.filter((id) => sides.get(id) === BOTH) : [];
  const needed = await proveReached(repository, [...range.exclude, ...common], outside);
  for (const [commit, tag] of range.byTag ?? []) {
    if (needed.has(commit)) await proveTag(repository, tag, commit);
  }
  function* walk(order: Order): Generator<readonly WalkedCommit[]> {
    if (order === 'newest-first') return yield* list.groups(AT_ONCE);
    yield outside.map((id) => ({ id, parents: [], boundary: true }));
    yield* list.groupsReversed(AT_ONCE);
  }
  return { count: list.length, walk, line };
}

/** The same for a range that must hold something. @throws UsageError EMPTY_RANGE, and as above */
export async function proveSome(
  repository: GitRepository,
  range: Range,
  title: string,
): Promise<ProvedRange> {
  const proved = await proveRange(repository, range, title);
  if (proved.count > 0) return proved;
  throw new UsageError(`${title}: no commits in this range`, { code: 'EMPTY_RANGE' });
}
