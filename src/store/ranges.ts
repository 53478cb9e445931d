/**
 * Keeps proved ranges: the hashes of their commits in order, with trees, parents and dates. A range is written page by page
 * while it is walked. It counts only with its last page, the head, which names all others. So a run that ends early leaves
 * nothing that counts.
 */

import { fromUtf8, toHex, utf8 } from '../core/bytes.ts';
import {
  type KnownRange,
  type RangeMemory,
  type RangeWriter,
  Unsettled,
} from '../git/known-ranges.ts';
import type { DatedLinks } from '../git/linked-commit.ts';
import type { OpenStore } from './open.ts';
import { findScope, scopeDigest, useScope } from './scope.ts';

/** The parts of a scope that hold the pages of a range and its head. */
const LISTED = 2;
const HEAD = 3;
/** Commits in a page. */
const PAGE_COMMITS = 512;
/** Shorter ranges are not kept, because git lists them in no time. */
const WORTH_KEEPING = 4096;
/** Most parents of a commit in a range that is kept. */
const MAX_PARENTS = 255;

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

function pageOf(
  list: string,
  index: number,
  commits: readonly DatedLinks[],
  hashBytes: number,
): Buffer {
  const head = Buffer.alloc(20);
  head.write(list, 0, 'hex');
  head.writeUInt32LE(index, 16);
  const parents = commits.reduce((sum, commit) => sum + commit.parents.length, 0);
  const body = Buffer.alloc(commits.length * (2 * hashBytes + 9) + parents * hashBytes);
  let at = 0;
  for (const { id, tree = '', parents: named, date } of commits) {
    at += body.write(id, at, 'hex');
    at += body.write(tree, at, 'hex');
    at = body.writeDoubleLE(date, at);
    at = body.writeUInt8(named.length, at);
    for (const parent of named) at += body.write(parent, at, 'hex');
  }
  return Buffer.concat([head, body]);
}

function readListed(page: Buffer, hashBytes: number): readonly DatedLinks[] {
  const commits: DatedLinks[] = [];
  const hash = (at: number): string => page.toString('hex', at, at + hashBytes);
  for (let at = 20; at < page.length; ) {
    const [id, tree] = [hash(at), hash(at + hashBytes)];
    const date = page.readDoubleLE(at + 2 * hashBytes);
    const count = page[at + 2 * hashBytes + 8] ?? 0;
    at += 2 * hashBytes + 9;
    const parents: string[] = [];
    for (let each = 0; each < count; each += 1) parents.push(hash(at + each * hashBytes));
    at += count * hashBytes;
    commits.push({ id, tree, parents, date });
  }
  return commits;
}

interface Row {
  readonly mark: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Yields the commits of a kept range. @throws Unsettled if a page is missing or does not carry the mark */
function* listedIn(scope: RangeScope, row: number, head: Head): Generator<readonly DatedLinks[]> {
  const { file, key, digest, hashBytes } = scope;
  let count = 0;
  for (let index = 0; index < head.pages; index += 1) {
    const found = file.get(
      'SELECT page.mark, page.bytes FROM place JOIN page ON page.id = place.page WHERE place.scope = ? AND place.hint = ? AND page.part = ?',
      ...[row, index, LISTED],
    ) as Row | undefined;
    if (found === undefined || !key.holds(found.mark, 'range', digest, found.bytes))
      throw new Unsettled();
    const page = Buffer.from(found.bytes.buffer, found.bytes.byteOffset, found.bytes.byteLength);
    if (page.toString('hex', 0, 16) !== head.list || page.readUInt32LE(16) !== index)
      throw new Unsettled();
    const commits = readListed(page, hashBytes);
    count += commits.length;
    yield commits;
  }
  if (count !== head.count) throw new Unsettled();
}

/** SQLite's own errors, such as a damaged file, mean that git must list the range. */
function* unsettled<T>(groups: Iterable<T>): Generator<T> {
  try {
    yield* groups;
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
  return { tip, count, outside, groups: () => unsettled(listedIn(scope, row, head)) };
}

/** Writes a range. A trouble with the file ends the writing, and the run goes on. */
class Writer implements RangeWriter {
  readonly #scope: RangeScope;
  readonly #tip: string;
  readonly #list = toHex(globalThis.crypto.getRandomValues(new Uint8Array(16)));
  #held: DatedLinks[] = [];
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

  push(commits: readonly DatedLinks[]): void {
    if (this.#ended) return;
    this.#count += commits.length;
    this.#held.push(...commits);
    const kept = ({ tree, parents }: DatedLinks): boolean =>
      tree !== undefined && parents.length <= MAX_PARENTS;
    if (!commits.every(kept)) this.#ended = true;
    else if (this.#count >= this.#least) this.#quietly(() => this.#writeHeld(PAGE_COMMITS));
  }

  #quietly(work: () => void): void {
    try {
      work();
    } catch {
      // the proofs that follow tell the user what is wrong with the file
      this.#ended = true;
    }
    if (this.#ended) this.#held = [];
  }

  #writeHeld(least: number): void {
    const { file, key, digest, hashBytes, now } = this.#scope;
    while (this.#held.length >= least && this.#held.length > 0) {
      const bytes = pageOf(
        this.#list,
        this.#pages.length,
        this.#held.splice(0, PAGE_COMMITS),
        hashBytes,
      );
      file.whole(() => {
        this.#first ??= useScope(file, key, digest, now);
        this.#pages.push(this.#insert(LISTED, key.mark('range', digest, bytes), bytes));
      });
    }
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
      this.#writeHeld(1);
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
