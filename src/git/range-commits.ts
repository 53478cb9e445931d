/**
 * Finds the commits of a range, their order and their parents. git lists candidates, and the bytes of the hashed commits
 * decide (threat P17). Every parent of a commit in the range is in the range too, or a path of hashed commits leads to it
 * from a commit that the caller excludes. Input and output are hashes, so no name is looked up twice (threat P13).
 */

import { UsageError } from '../errors.ts';
import { streamLinks } from './commit-links.ts';
import { CommitList } from './compact-commits.ts';
import { listed } from './objects.ts';
import { proveReached, proveTag, SHALLOW_HINT } from './paths.ts';
import type { GitRepository } from './repository.ts';

/** The ends of a range, all full hashes. `exclude` and their ancestors are left out. */
export interface Range {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Commits that both included ones reach are left out too (`A...B`). */
  readonly symmetric: boolean;
  /** Commits of `exclude` that only a tag leads to, with that tag. The tag is checked only if it is needed. */
  readonly byTag?: ReadonlyMap<string, string>;
}

/** A commit of a range, with tree and parents from its own bytes. */
export interface WalkedCommit {
  readonly id: string;
  /** Undefined if the commit is too large to be read. */
  readonly tree?: string | undefined;
  readonly parents: readonly string[];
  /** True for an excluded parent of a commit of the range. */
  readonly boundary: boolean;
}

export type Order = 'newest-first' | 'parents-first';

/** A range whose every commit is known. */
export interface ProvedRange {
  readonly count: number;
  /** Yields commits in groups. `parents-first` begins with the excluded parents of the range. */
  readonly walk: (order: Order) => Iterable<readonly WalkedCommit[]>;
  /** The range's own line, from its tips along first parents. */
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
  throw new UsageError(`${name}: this shallow clone ends at ${cut}`, {
    code: 'SHALLOW_RANGE',
    hint: SHALLOW_HINT,
  });
}

/** Parents that were not listed yet, and the sides of the range that lead to them. The rest at the end lies outside of the range. */
export type Named = Map<string, number>;

/** Notes that these sides lead to a commit. */
export function named(outside: Named, id: string, sides: number): void {
  outside.set(id, (outside.get(id) ?? 0) | sides);
}

/**
 * Walks a range, children before parents. Afterwards `outside` holds the excluded parents.
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
 * Returns the commits of a range, and proves that no other commit belongs to it. Messages name it `title`.
 * @throws UsageError SHALLOW_RANGE if a shallow clone cuts it off. OBJECT_CORRUPT if objects do not match their hashes,
 * or if git left out a commit that no excluded commit leads to
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

/** Proves a range that must not be empty. @throws UsageError EMPTY_RANGE, and as proveRange */
export async function proveSome(
  repository: GitRepository,
  range: Range,
  title: string,
): Promise<ProvedRange> {
  const proved = await proveRange(repository, range, title);
  if (proved.count > 0) return proved;
  throw new UsageError(`${title}: there are no commits in this range`, { code: 'EMPTY_RANGE' });
}
