/**
 * Finds and keeps proofs: what was verified once stays verified. The store keeps evidence that held, never a refusal, and
 * never what a policy said. Every proof is a fact about one hash under one trust root and one build, so an older store, or a
 * part of one, only holds fewer facts.
 */

import { isBusy } from './database.ts';
import { notUsed, type OpenStore, type StorePlace, whyNot } from './open.ts';
import {
  fitsPage,
  type KeptProof,
  MAX_PAGE,
  PAGE_PROOFS,
  type ProofPage,
  type ProvedCommit,
  readPage,
  writePage,
} from './page.ts';
import { findScope, PROOFS, scopeDigest, useScope } from './scope.ts';
import { MAX_STORE, shrink } from './size.ts';

/** Pages in memory. A run meets commits in the order of an earlier run, or in the reverse order. */
const PAGES_AT_HAND = 8;
/** If so many pages in a row meet a lock, no more are written. Each of them waits for it. */
const MET_IN_A_ROW = 16;
/** Hex digits of a hash that the index holds. It only says where to look. */
const HINT = 12;

export interface ProofStore {
  /** Returns the proof of each commit that has one, in order. */
  readonly find: (ids: readonly string[]) => readonly (KeptProof | undefined)[];
  /** Keeps a proof. It is written with others, at the latest by `flush`. */
  readonly keep: (commit: ProvedCommit) => void;
  /** Writes what is not written yet. */
  readonly flush: () => void;
}

export interface ProofSettings extends Pick<StorePlace, 'say'> {
  /** Everything that the evidence depends on, beside the object (scope.ts). */
  readonly facts: readonly string[];
  /** Bytes of a full hash. */
  readonly hashBytes: number;
  /** Unix seconds. */
  readonly now: number;
  /** Most bytes of the file. */
  readonly limit?: number;
}

const EMPTY: ProofPage = { bytes: new Uint8Array(), shapes: [], proofs: new Map() };

/** The proofs of one scope in an open store. */
class Proofs implements ProofStore {
  readonly #store: OpenStore;
  readonly #settings: ProofSettings;
  readonly #digest: Uint8Array;
  #scope: number | undefined;
  /** Pages by number, the last used one at the end. */
  readonly #pages = new Map<number, ProofPage>();
  #pending: ProvedCommit[] = [];
  #reads = true;
  #found = false;
  /** The page where the last proof was, and most likely the next one is. */
  #current: ProofPage = EMPTY;
  #writes = true;
  /** Pages in a row that met the lock of another process. */
  #met = 0;
  #wrote = false;
  #told = false;

  constructor(store: OpenStore, settings: ProofSettings) {
    this.#store = store;
    this.#settings = settings;
    this.#digest = scopeDigest(store.key, settings.facts);
    this.#scope = findScope(store.file, this.#digest);
  }

  find(ids: readonly string[]): readonly (KeptProof | undefined)[] {
    if (this.#scope === undefined || !this.#reads) return ids.map(() => undefined);
    try {
      return ids.map((id) => this.#findOne(id));
    } catch (error) {
      this.#reads = false;
      this.#say(notUsed(error));
      return ids.map(() => undefined);
    }
  }

  #findOne(id: string): KeptProof | undefined {
    const found = this.#current.proofs.get(id) ?? this.#elsewhere(id);
    this.#found ||= found !== undefined;
    return found;
  }

  #elsewhere(id: string): KeptProof | undefined {
    for (const page of this.#pages.values()) {
      const found = page.proofs.get(id);
      if (found === undefined) continue;
      this.#current = page;
      return found;
    }
    const row = this.#store.file.get(
      'SELECT page FROM place WHERE scope = ? AND hint = ?',
      ...[this.#scope ?? 0, hintOf(id)],
    ) as { readonly page: number } | undefined;
    if (row === undefined) return undefined;
    this.#current = this.#page(row.page);
    return this.#current.proofs.get(id);
  }

  /** Returns a page whose mark holds, or an empty one. */
  #page(number: number): ProofPage {
    const known = this.#pages.get(number);
    if (known !== undefined) return known;
    const read = this.#read(number);
    if (this.#pages.size >= PAGES_AT_HAND) {
      const [oldest] = this.#pages.keys();
      if (oldest !== undefined) this.#pages.delete(oldest);
    }
    this.#pages.set(number, read);
    return read;
  }

  #read(number: number): ProofPage {
    const row = this.#store.file.get(
      'SELECT mark, bytes FROM page WHERE id = ? AND scope = ? AND part = ? AND length(bytes) <= ?',
      ...[number, this.#scope ?? 0, PROOFS, MAX_PAGE],
    ) as { readonly mark: Uint8Array; readonly bytes: Uint8Array<ArrayBuffer> } | undefined;
    if (row === undefined) return EMPTY;
    const { mark, bytes } = row;
    if (this.#store.key.holds(mark, 'proofs', this.#digest, bytes))
      return readPage(bytes, this.#settings.hashBytes);
    this.#say('a page of the proof store does not carry your mark, and counts for nothing');
    return EMPTY;
  }

  keep(commit: ProvedCommit): void {
    if (!this.#writes || !fitsPage(commit)) return;
    this.#pending.push(commit);
    if (this.#pending.length >= PAGE_PROOFS) this.#write();
  }

  #write(): void {
    const commits = this.#pending;
    this.#pending = [];
    const { file, key } = this.#store;
    const { now, limit = MAX_STORE } = this.#settings;
    try {
      const bytes = writePage(commits);
      file.whole(() => {
        const scope = useScope(file, key, this.#digest, now);
        this.#scope = scope;
        const mark = key.mark('proofs', this.#digest, bytes);
        file.run(
          'INSERT INTO page (scope, part, mark, bytes) VALUES (?, ?, ?, ?)',
          ...[scope, PROOFS, mark, bytes],
        );
        const { page } = file.get('SELECT last_insert_rowid() AS page') as {
          readonly page: number;
        };
        for (const { id } of commits) {
          file.run(
            'INSERT OR REPLACE INTO place (scope, hint, page) VALUES (?, ?, ?)',
            ...[scope, hintOf(id), page],
          );
        }
      });
      this.#met = 0;
      this.#wrote = true;
      shrink(file, limit);
    } catch (error) {
      this.#notKept(error);
    }
  }

  /** Ends the writing, but for another writer who comes between: these commits are judged anew next time. */
  #notKept(error: unknown): void {
    if (isBusy(error)) this.#met += 1;
    if (isBusy(error) && this.#met < MET_IN_A_ROW) return;
    this.#writes = false;
    this.#say(`nothing more is kept in the proof store: ${whyNot(error)}`);
  }

  flush(): void {
    if (this.#pending.length > 0) this.#write();
    else if (this.#found) this.#used();
    this.#found = false;
    if (this.#met > 0 && !this.#wrote)
      this.#say('nothing is kept in the proof store: another process has locked it');
  }

  /** Notes that this scope is in use, so that others are dropped before it. */
  #used(): void {
    const { file, key } = this.#store;
    try {
      useScope(file, key, this.#digest, this.#settings.now);
    } catch {
      // the store can be read, and a note of its use is not worth a message
    }
  }

  #say(line: string): void {
    if (!this.#told) this.#settings.say(line);
    this.#told = true;
  }
}

function hintOf(id: string): number {
  return Number.parseInt(id.slice(0, HINT), 16);
}

/** Returns the proofs of these facts in an open store. @throws what SQLite throws */
export function proofsIn(store: OpenStore, settings: ProofSettings): ProofStore {
  return new Proofs(store, settings);
}
