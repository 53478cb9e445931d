/**
 * Keeps a million commits with their trees and parents. They stand in blocks of bytes, in columns: hashes are bytes and not
 * text, and a parent that is the next commit of the block takes none. A block is also a page of a kept range. Numbers are
 * little-endian.
 */

import type { CommitLinks, DatedLinks } from './linked-commit.ts';

/** Most commits in a block. */
export const BLOCK_COMMITS = 512;
/** Bytes of the count, of a date, and of the end of a commit's parents. */
const HEAD = 2;
const DATE = 8;
const END = 4;
/** A bit beside the end of a commit's parents: its first parent is the next commit, and no hash of it is written. */
const NEXT = 0x8000_0000;
/** The same for a commit that is too large to be read, which has neither tree nor parents here. */
const BARE = 0x4000_0000;
const COUNTED = 0x3fff_ffff;

/** A commit in a block. */
export interface ListedCommit extends CommitLinks {
  readonly boundary: false;
}

/** Commits in a row. */
export class CommitBlock {
  /** Count, ends of parents, ids, trees, parents, dates. */
  readonly bytes: Buffer;
  readonly length: number;
  readonly #size: number;
  readonly #ids: number;

  /** Takes bytes that `of` has written. `size`: bytes of a hash. */
  constructor(bytes: Buffer, size: number) {
    this.bytes = bytes;
    this.length = bytes.readUInt16LE(0);
    this.#size = size;
    this.#ids = HEAD + END * this.length;
  }

  /** Writes at most BLOCK_COMMITS commits. */
  static of(commits: readonly DatedLinks[], size: number): CommitBlock {
    const isNext = ({ parents: [first] }: DatedLinks, index: number): boolean =>
      first !== undefined && first === commits[index + 1]?.id;
    const written = commits.map((commit, index) =>
      isNext(commit, index) ? commit.parents.slice(1) : commit.parents,
    );
    const parents = written.reduce((sum, { length }) => sum + length, 0);
    const { length } = commits;
    const bytes = Buffer.alloc(HEAD + length * (END + 2 * size + DATE) + parents * size);
    let at = bytes.writeUInt16LE(length, 0);
    let end = 0;
    for (const [index, commit] of commits.entries()) {
      end += written[index]?.length ?? 0;
      const bits = (isNext(commit, index) ? NEXT : 0) + (commit.tree === undefined ? BARE : 0);
      at = bytes.writeUInt32LE(end + bits, at);
    }
    for (const { id } of commits) at += bytes.write(id, at, size, 'hex');
    for (const { tree } of commits) {
      if (tree !== undefined) bytes.write(tree, at, size, 'hex');
      at += size;
    }
    for (const each of written) for (const id of each) at += bytes.write(id, at, size, 'hex');
    for (const { date } of commits) at = bytes.writeDoubleLE(date, at);
    return new CommitBlock(bytes, size);
  }

  #hash(at: number): string {
    return this.bytes.toString('hex', at, at + this.#size);
  }

  #end(index: number): number {
    return index < 0 ? 0 : this.bytes.readUInt32LE(HEAD + END * index);
  }

  id(index: number): string {
    return this.#hash(this.#ids + index * this.#size);
  }

  /** All hashes, in order. */
  ids(): readonly string[] {
    const ids = this.#ids;
    const text = this.bytes.toString('hex', ids, ids + this.length * this.#size);
    const digits = 2 * this.#size;
    return Array.from({ length: this.length }, (_, index) =>
      text.slice(index * digits, (index + 1) * digits),
    );
  }

  links(index: number): CommitLinks {
    const size = this.#size;
    const bits = this.#end(index);
    const trees = this.#ids + this.length * size;
    const hashes = trees + this.length * size;
    const parents: string[] = [];
    if (bits >= NEXT) parents.push(this.id(index + 1));
    for (let at = this.#end(index - 1) & COUNTED; at < (bits & COUNTED); at += 1)
      parents.push(this.#hash(hashes + at * size));
    const tree = (bits & BARE) === 0 ? this.#hash(trees + index * size) : undefined;
    return { id: this.id(index), tree, parents };
  }

  /** Returns whether each of its commits could be read. */
  isWhole(): boolean {
    for (let index = 0; index < this.length; index += 1)
      if ((this.#end(index) & BARE) !== 0) return false;
    return true;
  }

  /** Unix seconds. NaN if git might read another date. */
  date(index: number): number {
    return this.bytes.readDoubleLE(this.bytes.length - DATE * (this.length - index));
  }
}

/** A list of blocks that only grows. */
export class CommitList {
  readonly #blocks: CommitBlock[] = [];
  length = 0;

  push(block: CommitBlock): void {
    this.#blocks.push(block);
    this.length += block.length;
  }

  /** Yields the hashes of all commits, in the order in which they were pushed. */
  *ids(): Generator<readonly string[]> {
    for (const block of this.#blocks) yield block.ids();
  }

  /** Yields all commits, in the order in which they were pushed. */
  *groups(): Generator<readonly ListedCommit[]> {
    for (const block of this.#blocks) yield commitsOf(block);
  }

  /** Yields all commits, the last first. */
  *groupsReversed(): Generator<readonly ListedCommit[]> {
    for (let at = this.#blocks.length - 1; at >= 0; at -= 1) {
      const block = this.#blocks[at];
      if (block !== undefined) yield commitsOf(block).reverse();
    }
  }
}

function commitsOf(block: CommitBlock): ListedCommit[] {
  return Array.from({ length: block.length }, (_, index) => ({
    ...block.links(index),
    boundary: false,
  }));
}
