/** Keeps hundreds of thousands of commits with their trees and parents. Hashes are kept as bytes, not as text. */

import type { ObjectFormat } from '../core/git/signed-object.ts';
import type { CommitLinks } from './linked-commit.ts';

export interface ListedCommit extends CommitLinks {
  readonly boundary: false;
}

/** Hashes in one block of bytes. */
class Hashes {
  #bytes: Buffer;
  readonly #size: number;
  length = 0;

  constructor(size: number) {
    this.#size = size;
    this.#bytes = Buffer.alloc(64 * size);
  }

  push(hex: string): void {
    const at = this.length * this.#size;
    if (at + this.#size > this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2);
    }
    this.#bytes.write(hex, at, 'hex');
    this.length += 1;
  }

  at(index: number): string {
    return this.#bytes.toString('hex', index * this.#size, (index + 1) * this.#size);
  }
}

/** A list that only grows. */
export class CommitList {
  readonly #ids: Hashes;
  readonly #trees: Hashes;
  readonly #parents: Hashes;
  /** Index of each commit's first parent. */
  readonly #starts: number[] = [];
  readonly #withoutTree = new Set<number>();
  readonly #zero: string;

  constructor(format: ObjectFormat) {
    const size = format === 'sha1' ? 20 : 32;
    this.#zero = '00'.repeat(size);
    [this.#ids, this.#trees, this.#parents] = [
      new Hashes(size),
      new Hashes(size),
      new Hashes(size),
    ];
  }

  get length(): number {
    return this.#ids.length;
  }

  push({ id, tree, parents }: CommitLinks): void {
    if (tree === undefined) this.#withoutTree.add(this.length);
    this.#starts.push(this.#parents.length);
    this.#ids.push(id);
    this.#trees.push(tree ?? this.#zero);
    for (const parent of parents) this.#parents.push(parent);
  }

  #at(index: number): ListedCommit {
    const parents: string[] = [];
    const end = this.#starts[index + 1] ?? this.#parents.length;
    for (let at = this.#starts[index] ?? end; at < end; at += 1) parents.push(this.#parents.at(at));
    const tree = this.#withoutTree.has(index) ? undefined : this.#trees.at(index);
    return { id: this.#ids.at(index), tree, parents, boundary: false };
  }

  /** Yields groups of at most `size`, in the order in which they were pushed. */
  *groups(size: number): Generator<readonly ListedCommit[]> {
    for (let from = 0; from < this.length; from += size) {
      const count = Math.min(size, this.length - from);
      yield Array.from({ length: count }, (_, index) => this.#at(from + index));
    }
  }

  /** Yields groups of at most `size`, the last first. */
  *groupsReversed(size: number): Generator<readonly ListedCommit[]> {
    for (let from = this.length; from > 0; from -= size) {
      const count = Math.min(size, from);
      yield Array.from({ length: count }, (_, index) => this.#at(from - 1 - index));
    }
  }
}
