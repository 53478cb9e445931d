/**
 * Ranges that were proved before. What the commits of a range are, and their order, follows from hashes alone. So a run asks
 * git only for the commits that are new since then, and puts them where git would have listed them.
 */

import type { DatedLinks } from './linked-commit.ts';

/** All commits that a tip reaches and the excluded commits do not, each proved from its hashed bytes. */
export interface KnownRange {
  /** Full hash. */
  readonly tip: string;
  readonly count: number;
  /** The excluded parents, each proved to be reached from the excluded commits. */
  readonly outside: readonly string[];
  /** Yields the commits in git's order by date. @throws Unsettled if they cannot be read to the end */
  readonly groups: () => Iterable<readonly DatedLinks[]>;
}

/** Takes a range while it is proved. */
export interface RangeWriter {
  readonly push: (commits: readonly DatedLinks[]) => void;
  /** Keeps the range. Without this call, nothing of it counts. */
  readonly finish: (outside: readonly string[]) => void;
}

/** Remembers proved ranges by their excluded commits (full hashes). */
export interface RangeMemory {
  readonly find: (exclude: readonly string[]) => KnownRange | undefined;
  readonly writer: (exclude: readonly string[], tip: string) => RangeWriter;
}

/** What is known does not settle the order, so git must list the whole range. */
export class Unsettled extends Error {}

/** Returns the index of the last fresh commit that names each parent. */
function lastNamers(fresh: readonly DatedLinks[]): ReadonlyMap<string, number> {
  return new Map(
    fresh.flatMap(({ parents }, index) => parents.map((parent) => [parent, index] as const)),
  );
}

/** Returns whether git lists the fresh commit before the known one. @throws Unsettled if only git can tell */
function comesFirst(fresh: DatedLinks, known: DatedLinks, waits: boolean): boolean {
  if (Number.isNaN(fresh.date) || Number.isNaN(known.date)) throw new Unsettled();
  if (fresh.date > known.date || (waits && fresh.date === known.date)) return true;
  // git lists no parent before its child, and breaks a tie by its own order
  if (waits || fresh.date === known.date) throw new Unsettled();
  return false;
}

/**
 * Merges commits that are new with those of a known range, in git's order by date. `fresh` is what git lists without the known
 * tip. git takes the newest commit whose children it has listed, so the head of each list is the next of its part.
 * @throws Unsettled if only git can tell the order
 */
export function* mergedByDate(
  fresh: readonly DatedLinks[],
  known: Iterable<readonly DatedLinks[]>,
): Generator<readonly DatedLinks[]> {
  const namers = lastNamers(fresh);
  let next = 0;
  let before: DatedLinks | undefined;
  for (const group of known) {
    if (next === fresh.length && !group.some(({ id }) => namers.has(id))) {
      yield group;
      continue;
    }
    const merged: DatedLinks[] = [];
    for (const commit of group) {
      const namer = namers.get(commit.id) ?? -1;
      for (let head = fresh[next]; head !== undefined; head = fresh[next]) {
        if (!comesFirst(head, commit, namer >= next)) break;
        merged.push(head);
        next += 1;
      }
      // a new child may change the order of commits with one date
      const tied = before !== undefined && before.date === commit.date;
      if (tied && (namer !== -1 || namers.has(before?.id ?? ''))) throw new Unsettled();
      merged.push(commit);
      before = commit;
    }
    yield merged;
  }
  if (next < fresh.length) yield fresh.slice(next);
}
