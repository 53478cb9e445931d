/**
 * Finds the commits of a range, their order and their parents. git lists candidates, and the bytes of the hashed commits
 * decide (threat P17). Every parent of a commit in the range is in the range too, or a path of hashed commits leads to it
 * from a commit that the caller excludes. Input and output are hashes, so no name is looked up twice (threat P13).
 */

import type { ObjectFormat } from '../core/git/header.ts';
import { UsageError } from '../errors.ts';
import { streamDatedLinks, streamLinks } from './commit-links.ts';
import { BLOCK_COMMITS, CommitBlock, CommitList } from './compact-commits.ts';
import {
  type KnownRange,
  Merge,
  type RangeMemory,
  type RangeWriter,
  Unsettled,
} from './known-ranges.ts';
import type { CommitLinks, DatedLinks } from './linked-commit.ts';
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
  /** Yields the hashes of the commits in groups, newest first. */
  readonly ids: () => Iterable<readonly string[]>;
  /** Yields commits in groups. `parents-first` begins with the excluded parents of the range. */
  readonly walk: (order: Order) => Iterable<readonly WalkedCommit[]>;
  /** Returns true if the walk has proved that each tip reaches this excluded commit. It knows no commit behind the excluded ones. */
  readonly reaches: (id: string) => boolean;
  /** Returns the range's own line, from its tips along first parents. Few rules need it, and it takes memory. */
  readonly line: () => ReadonlySet<string>;
}

/** A block ends after a commit with which it has so many parents, because a commit may name some hundred thousand. */
const MANY_PARENTS = 8 * BLOCK_COMMITS;
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

/** Yields the hashes that git lists for a range. @throws UsageError SHALLOW_RANGE */
async function* candidates(
  repository: GitRepository,
  range: Range,
  title: string,
): AsyncGenerator<readonly string[]> {
  const args = ['rev-list', '--date-order', '--stdin'];
  for await (const ids of listed(repository, args, argumentsOf(range))) {
    refuseShallow(repository, ids, title);
    yield ids;
  }
}

/** A walk of a range, and how much of it was proved before. */
interface Walked {
  readonly list: CommitList;
  /** Parents that are not in the list, and the sides of the range that lead to them. */
  readonly sides: Named;
  /** Excluded parents that were proved before. */
  readonly proved: ReadonlySet<string>;
  /** Keeps the range for later runs. */
  readonly keep?: RangeWriter | undefined;
}

/** Walks a range, children before parents. @throws UsageError OBJECT_CORRUPT */
async function collect(
  range: Range,
  groups: AsyncIterable<readonly (CommitLinks & Partial<DatedLinks>)[]>,
  format: ObjectFormat,
  keep: RangeWriter | undefined,
): Promise<Walked> {
  const list = new CommitList();
  const sides: Named = new Map();
  let stray = false;
  let held: DatedLinks[] = [];
  let parentsHeld = 0;
  const release = (): void => {
    if (held.length === 0) return;
    const block = CommitBlock.of(held, hashBytesOf(format));
    [held, parentsHeld] = [[], 0];
    list.push(block);
    keep?.push(block);
  };
  for (const [index, id] of range.include.entries())
    named(sides, id, range.symmetric ? index + 1 : BOTH);
  for await (const commits of groups) {
    for (const commit of commits) {
      const { id, tree, parents, date = Number.NaN } = commit;
      const from = sides.get(id) ?? 0;
      stray ||= from === 0;
      sides.delete(id);
      for (const parent of parents) named(sides, parent, from);
      held.push({ id, tree, parents, date });
      parentsHeld += parents.length;
      if (held.length >= BLOCK_COMMITS || parentsHeld >= MANY_PARENTS) release();
    }
  }
  release();
  // a kept range says that its tip reaches all of it
  return { list, sides, proved: new Set(), keep: stray ? undefined : keep };
}

function hashBytesOf(format: ObjectFormat): number {
  return format === 'sha1' ? 20 : 32;
}

/** From this many new commits on, git lists the whole range. */
const MANY_FRESH = 50_000;
/** A known range with this share of new commits is kept anew. */
const RENEWED_AT = 0.05;

/** Reads what git lists beyond a known tip. @throws Unsettled if that is much, or no path from the tip to the known one */
async function freshCommits(
  repository: GitRepository,
  range: Range,
  known: KnownRange,
): Promise<readonly DatedLinks[]> {
  const beyond = { ...range, exclude: [...range.exclude, known.tip] };
  const fresh: DatedLinks[] = [];
  for await (const commits of streamDatedLinks(repository, candidates(repository, beyond, ''))) {
    fresh.push(...commits);
    if (fresh.length > MANY_FRESH) throw new Unsettled();
  }
  const reached = new Set(range.include);
  for (const { id, parents } of fresh) {
    if (!reached.has(id)) throw new Unsettled();
    for (const parent of parents) reached.add(parent);
  }
  if (!reached.has(known.tip)) throw new Unsettled();
  return fresh;
}

/** Walks a range of which a part was proved before. Returns undefined if git must list it all. */
async function walkKnown(
  repository: GitRepository,
  range: Range,
  memory: RangeMemory,
): Promise<Walked | undefined> {
  const known = memory.find(range.exclude);
  const [tip = ''] = range.include;
  if (known === undefined) return undefined;
  // the tip is read, because a caller goes on to use it
  const frames = await repository.objects.read([tip, known.tip]);
  if (frames.some(({ kind }) => kind === 'missing')) return undefined;
  try {
    const fresh = tip === known.tip ? [] : await freshCommits(repository, range, known);
    const renew = fresh.length > known.count * RENEWED_AT;
    const keep = renew ? memory.writer(range.exclude, tip) : undefined;
    const merge = new Merge(fresh, known.outside, hashBytesOf(repository.format));
    const list = new CommitList();
    for (const block of merge.blocks(known.blocks())) {
      list.push(block);
      keep?.push(block);
    }
    const outside = [...known.outside, ...merge.unlisted()];
    const sides = new Map(outside.map((id) => [id, BOTH]));
    return { list, sides, proved: new Set(known.outside), keep };
  } catch (error) {
    if (error instanceof Unsettled) return undefined;
    throw error;
  }
}

/** Returns whether a range is of the kind that is remembered: one tip, whole history, no tag that must be checked. */
function isPlain({ include, symmetric, byTag }: Range, { shallow }: GitRepository): boolean {
  return include.length === 1 && !symmetric && (byTag?.size ?? 0) === 0 && shallow.size === 0;
}

async function walkRange(repository: GitRepository, range: Range, title: string): Promise<Walked> {
  const { ranges: memory, format } = repository;
  const ids = (): AsyncGenerator<readonly string[]> => candidates(repository, range, title);
  if (memory === undefined || !isPlain(range, repository))
    return collect(range, streamLinks(repository, ids()), format, undefined);
  const walked = await walkKnown(repository, range, memory);
  if (walked !== undefined) return walked;
  const keep = memory.writer(range.exclude, range.include[0] ?? '');
  return collect(range, streamDatedLinks(repository, ids()), format, keep);
}

/** Returns the commits of a list that the tips reach along first parents. */
function lineOf(list: CommitList, tips: readonly string[]): ReadonlySet<string> {
  const next = new Set(tips);
  const line = new Set<string>();
  for (const commits of list.groups()) {
    for (const { id, parents } of commits) {
      if (!next.delete(id)) continue;
      line.add(id);
      const [first] = parents;
      if (first !== undefined) next.add(first);
    }
  }
  return line;
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
  const { list, sides, proved, keep } = await walkRange(repository, range, title);
  const outside = [...sides.keys()];
  const common = range.symmetric ? outside.filter((id) => sides.get(id) === BOTH) : [];
  const unproved = outside.filter((id) => !proved.has(id));
  const needed = await proveReached(repository, [...range.exclude, ...common], unproved);
  for (const [commit, tag] of range.byTag ?? []) {
    if (needed.has(commit)) await proveTag(repository, tag, commit);
  }
  keep?.finish(outside);
  function* walk(order: Order): Generator<readonly WalkedCommit[]> {
    if (order === 'newest-first') return yield* list.groups();
    yield outside.map((id) => ({ id, parents: [], boundary: true }));
    yield* list.groupsReversed();
  }
  let line: ReadonlySet<string> | undefined;
  return {
    ...{ count: list.length, ids: () => list.ids(), walk },
    // of more tips than sides, nothing says which one it was
    reaches: (id) => range.include.length <= (range.symmetric ? 2 : 1) && sides.get(id) === BOTH,
    line: () => {
      line ??= lineOf(list, range.include);
      return line;
    },
  };
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
