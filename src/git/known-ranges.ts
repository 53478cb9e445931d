/**
 * Ranges that were proved before. What the commits of a range are, and their order, follows from hashes alone. So a run asks
 * git only for the commits that are new since then, and puts them where git would have listed them.
 */

import { BLOCK_COMMITS, CommitBlock } from './compact-commits.ts';
import type { DatedLinks } from './linked-commit.ts';

/** All commits that a tip reaches and the excluded commits do not, each proved from its hashed bytes. */
export interface KnownRange {
  /** Full hash. */
  readonly tip: string;
  readonly count: number;
  /** The excluded parents, each proved to be reached from the excluded commits. */
  readonly outside: readonly string[];
  /** Yields the commits in git's order by date. @throws Unsettled if they cannot be read to the end */
  readonly blocks: () => Iterable<CommitBlock>;
}

/** Takes a range while it is proved. */
export interface RangeWriter {
  readonly push: (block: CommitBlock) => void;
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

/** Returns whether git lists the fresh commit before a known one of that date. @throws Unsettled if only git can tell */
function comesFirst(fresh: DatedLinks, date: number, waits: boolean): boolean {
  if (Number.isNaN(fresh.date) || Number.isNaN(date)) throw new Unsettled();
  if (fresh.date > date || (waits && fresh.date === date)) return true;
  // git lists no parent before its child, and breaks a tie by its own order
  if (waits || fresh.date === date) throw new Unsettled();
  return false;
}

/**
 * Merges commits that are new with those of a known range, in git's order by date. The new ones are those that git lists
 * without the known tip. git takes the newest commit whose children it has listed, so the head of each list is the next of
 * its part.
 */
export class Merge {
  readonly #fresh: readonly DatedLinks[];
  readonly #hashBytes: number;
  /** Parents of fresh commits that are not listed yet, each with the index of the last fresh commit that names it. */
  readonly #namers = new Map<string, number>();
  readonly #freshIds: ReadonlySet<string>;
  /** Index of the first fresh commit that is not listed yet. */
  #next = 0;
  /** The known commit before. */
  #before = { date: Number.NaN, named: false };

  /** `outside`: excluded parents of the known range. */
  constructor(fresh: readonly DatedLinks[], outside: readonly string[], hashBytes: number) {
    this.#fresh = fresh;
    this.#hashBytes = hashBytes;
    this.#freshIds = new Set(fresh.map(({ id }) => id));
    for (const [index, { id, parents }] of fresh.entries()) {
      this.#namers.delete(id);
      for (const parent of parents) this.#namers.set(parent, index);
    }
    for (const id of outside) this.#namers.delete(id);
  }

  /** Yields the commits of both. @throws Unsettled if only git can tell the order */
  *blocks(known: Iterable<CommitBlock>): Generator<CommitBlock> {
    for (const block of known) {
      const ids = this.#fresh.length > 0 ? block.ids() : [];
      // where dates go back, git may list a commit as new although the known tip reaches it
      if (ids.some((id) => this.#freshIds.has(id))) throw new Unsettled();
      if (this.#changes(ids)) yield* this.#written(this.#merged(block));
      else {
        this.#before = { date: block.date(block.length - 1), named: false };
        yield block;
      }
    }
    yield* this.#written(this.#fresh.slice(this.#next));
    this.#next = this.#fresh.length;
  }

  /** Returns the parents of fresh commits that neither part lists. */
  unlisted(): readonly string[] {
    return [...this.#namers.keys()];
  }

  /** Returns whether a fresh commit comes before one of a block, or names one. */
  #changes(ids: readonly string[]): boolean {
    if (this.#next < this.#fresh.length) return true;
    return this.#namers.size > 0 && ids.some((id) => this.#namers.has(id));
  }

  *#written(commits: readonly DatedLinks[]): Generator<CommitBlock> {
    for (let at = 0; at < commits.length; at += BLOCK_COMMITS)
      yield CommitBlock.of(commits.slice(at, at + BLOCK_COMMITS), this.#hashBytes);
  }

  #merged(block: CommitBlock): readonly DatedLinks[] {
    const merged: DatedLinks[] = [];
    for (let index = 0; index < block.length; index += 1) {
      const commit = { ...block.links(index), date: block.date(index) };
      const namer = this.#namers.get(commit.id) ?? -1;
      const named = this.#namers.delete(commit.id);
      this.#take(commit.date, namer, merged);
      // a new child may change the order of commits with one date
      const { date, named: namedBefore } = this.#before;
      if (date === commit.date && (named || namedBefore)) throw new Unsettled();
      merged.push(commit);
      this.#before = { date: commit.date, named };
    }
    return merged;
  }

  /** Takes the fresh commits that come before a known one of that date, which the fresh commit `namer` names. */
  #take(date: number, namer: number, merged: DatedLinks[]): void {
    for (
      let head = this.#fresh[this.#next];
      head !== undefined && comesFirst(head, date, namer >= this.#next);
      head = this.#fresh[this.#next]
    ) {
      merged.push(head);
      this.#next += 1;
    }
  }
}
