/**
 * Keeps proved ranges: the hashes of their commits in order, with trees, parents and dates. A range is written page by page
 * while it is walked. It counts only with its last page, the head, which names all others. So a run that ends early leaves
 * nothing that counts.
 */

import { fromUtf8, toHex, utf8 } from '../core/bytes.ts';
import { CommitBlock } from '../git/compact-commits.ts';
import {
  type KnownRange,
  type RangeMemory,
  type RangeWriter,
  Unsettled,
} from '../git/known-ranges.ts';
import type { OpenStore } from './open.ts';
import { findScope, scopeDigest, useScope } from './scope.ts';

/** The parts of a scope that hold the pages of a range and its head. */
const LISTED = 2;
const HEAD = 3;
/** Most bytes of a page. A commit with thousands of parents is over them, and its range is not kept. */
const MAX_PAGE = 256 * 1024;
/** Shorter ranges are not kept, because git lists them in no time. */
const WORTH_KEEPING = 4096;

export interface RangeStoreSettings {
  /** Everything that a range depends on, beside its ends (scope.ts). */
  readonly facts: readonly string[];
  /** Bytes of a full hash. */
  readonly hashBytes: number;
  /** Unix seconds. */
  readonly now: number;
  /** Shorter ranges are not kept. */
  readonly worthKeeping?: number;
}

interface Head {
  /** The name of the list, which each of its pages holds. */
  readonly list: string;
  readonly tip: string;
  readonly count: number;
  readonly pages: number;
  readonly outside: readonly string[];
}

/** A scope of one range, with what its pages need. */
interface RangeScope extends OpenStore, RangeStoreSettings {
  readonly digest: Uint8Array;
}

function scopeOf(
  store: OpenStore,
  settings: RangeStoreSettings,
  exclude: readonly string[],
): RangeScope {
  const ends = [...new Set(exclude)].sort();
  return { ...store, ...settings, digest: scopeDigest(store.key, [...settings.facts, ...ends]) };
}

/** Bytes before the block of a page: the name of the list, and the index of the page. */
const LIST = 16;
const PREFIX = LIST + 4;

function pageOf(list: string, index: number, block: CommitBlock): Buffer {
  const head = Buffer.alloc(PREFIX);
  head.write(list, 0, 'hex');
  head.writeUInt32LE(index, LIST);
  return Buffer.concat([head, block.bytes]);
}

interface Row {
  readonly mark: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Yields the commits of a kept range. @throws Unsettled if a page is missing or does not carry the mark */
function* listedIn(scope: RangeScope, row: number, head: Head): Generator<CommitBlock> {
  const { file, key, digest, hashBytes } = scope;
  let count = 0;
  for (let index = 0; index < head.pages; index += 1) {
    const found = file.get(
      'SELECT page.mark, page.bytes FROM place JOIN page ON page.id = place.page WHERE place.scope = ? AND place.hint = ? AND page.part = ? AND length(page.bytes) <= ?',
      ...[row, index, LISTED, MAX_PAGE],
    ) as Row | undefined;
    if (found === undefined || !key.holds(found.mark, 'range', digest, found.bytes))
      throw new Unsettled();
    const page = Buffer.from(found.bytes.buffer, found.bytes.byteOffset, found.bytes.byteLength);
    if (page.toString('hex', 0, LIST) !== head.list || page.readUInt32LE(LIST) !== index)
      throw new Unsettled();
    const block = new CommitBlock(page.subarray(PREFIX), hashBytes);
    count += block.length;
    yield block;
  }
  if (count !== head.count) throw new Unsettled();
}

/** SQLite's own errors, such as a damaged file, mean that git must list the range. */
function* unsettled<T>(blocks: Iterable<T>): Generator<T> {
  try {
    yield* blocks;
  } catch (error) {
    throw error instanceof Unsettled ? error : new Unsettled(String(error));
  }
}

function findRange(scope: RangeScope): KnownRange | undefined {
  const { file, key, digest } = scope;
  const row = findScope(file, digest);
  if (row === undefined) return undefined;
  const found = file.get(
    'SELECT mark, bytes FROM page WHERE scope = ? AND part = ? ORDER BY id DESC LIMIT 1',
    ...[row, HEAD],
  ) as Row | undefined;
  if (found === undefined || !key.holds(found.mark, 'head', digest, found.bytes)) return undefined;
  const head = JSON.parse(fromUtf8(found.bytes) ?? '') as Head;
  const { tip, count, outside } = head;
  return { tip, count, outside, blocks: () => unsettled(listedIn(scope, row, head)) };
}

/** Writes a range. A trouble with the file ends the writing, and the run goes on. */
class Writer implements RangeWriter {
  readonly #scope: RangeScope;
  readonly #tip: string;
  readonly #list = toHex(globalThis.crypto.getRandomValues(new Uint8Array(16)));
  #held: CommitBlock[] = [];
  #first: number | undefined;
  #count = 0;
  #pages: number[] = [];
  #ended = false;
  readonly #least: number;

  constructor(scope: RangeScope, tip: string) {
    this.#scope = scope;
    this.#least = scope.worthKeeping ?? WORTH_KEEPING;
    this.#tip = tip;
  }

  push(block: CommitBlock): void {
    if (this.#ended) return;
    this.#count += block.length;
    this.#held.push(block);
    if (block.isWhole() && PREFIX + block.bytes.length <= MAX_PAGE) {
      if (this.#count >= this.#least) this.#quietly(() => this.#writeHeld());
      return;
    }
    this.#ended = true;
    this.#held = [];
  }

  #quietly(work: () => void): void {
    try {
      work();
    } catch {
      // the proofs that follow tell the user what is wrong with the file
      this.#ended = true;
      this.#held = [];
    }
  }

  #writeHeld(): void {
    const { file, key, digest, now } = this.#scope;
    for (const block of this.#held) {
      const bytes = pageOf(this.#list, this.#pages.length, block);
      file.whole(() => {
        this.#first ??= useScope(file, key, digest, now);
        this.#pages.push(this.#insert(LISTED, key.mark('range', digest, bytes), bytes));
      });
    }
    this.#held = [];
  }

  #insert(part: number, mark: Uint8Array, bytes: Uint8Array): number {
    const { file } = this.#scope;
    file.run(
      'INSERT INTO page (scope, part, mark, bytes) VALUES (?, ?, ?, ?)',
      ...[this.#first ?? 0, part, mark, bytes],
    );
    return (file.get('SELECT last_insert_rowid() AS id') as { readonly id: number }).id;
  }

  finish(outside: readonly string[]): void {
    if (this.#ended || this.#count < this.#least) return;
    this.#quietly(() => {
      this.#writeHeld();
      const { file, key, digest } = this.#scope;
      const head: Head = {
        ...{ list: this.#list, tip: this.#tip, count: this.#count },
        ...{ pages: this.#pages.length, outside },
      };
      const bytes = utf8(JSON.stringify(head));
      const scope = this.#first ?? 0;
      file.whole(() => {
        file.run('DELETE FROM page WHERE scope = ? AND id < ?', scope, this.#pages[0] ?? 0);
        file.run('DELETE FROM place WHERE scope = ?', scope);
        for (const [index, page] of this.#pages.entries())
          file.run('INSERT INTO place (scope, hint, page) VALUES (?, ?, ?)', scope, index, page);
        this.#insert(HEAD, key.mark('head', digest, bytes), bytes);
      });
    });
  }
}

/** Returns the ranges that the store holds. */
export function rangeMemory(store: OpenStore, settings: RangeStoreSettings): RangeMemory {
  return {
    find: (exclude) => {
      try {
        return findRange(scopeOf(store, settings, exclude));
      } catch {
        return undefined;
      }
    },
    writer: (exclude, tip) => new Writer(scopeOf(store, settings, exclude), tip),
  };
}
