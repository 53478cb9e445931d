/**
 * The file of the store: an SQLite database that many processes read and one writes at a time. Nothing in it is believed. Its
 * index only says where to look, and each page carries a mark. So a damaged, foreign or older file costs time, and changes
 * no verdict. Every failure goes to the caller, which then works without the store.
 */

import { chmodSync, closeSync, lstatSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { ConfigError } from '../errors.ts';

/** Milliseconds to wait for another process. */
const PATIENCE = 50;
/** Attempts to open the file. A process that makes it, or ends with it, has it for itself for a moment. */
const ATTEMPTS = 10;
const SCHEMA = [
  'CREATE TABLE scope (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, owner BLOB NOT NULL, used INTEGER NOT NULL)',
  'CREATE TABLE page (id INTEGER PRIMARY KEY, scope INTEGER NOT NULL, part INTEGER NOT NULL, mark BLOB NOT NULL, bytes BLOB NOT NULL)',
  'CREATE INDEX page_scope ON page (scope, part)',
  'CREATE TABLE place (scope INTEGER NOT NULL, hint INTEGER NOT NULL, page INTEGER NOT NULL, PRIMARY KEY (scope, hint)) WITHOUT ROWID',
] as const;

/** What is set before anything of the file is read: its tables are the work of its author. */
const SAFE = ['trusted_schema = OFF', 'cell_size_check = ON'] as const;
/** A power cut may take the last pages, and the file stays whole. The cache and the log that SQLite keeps stay small. */
const FAST = [
  ...['synchronous = NORMAL', 'journal_size_limit = 8388608'],
  ...['cache_size = -4096', 'temp_store = MEMORY'],
] as const;

type Value = number | Uint8Array;

/** One open store file. Every method may throw what SQLite throws. */
export interface StoreFile {
  readonly get: (sql: string, ...values: readonly Value[]) => unknown;
  readonly all: (sql: string, ...values: readonly Value[]) => readonly unknown[];
  readonly run: (sql: string, ...values: readonly Value[]) => void;
  /** Yields rows one by one. */
  readonly each: (sql: string, ...values: readonly Value[]) => Iterable<unknown>;
  /** Runs `work` as a whole, or not at all. No other process writes meanwhile. */
  readonly whole: <T>(work: () => T) => T;
  readonly close: () => void;
}

/** Loads SQLite, which both runtimes bring. Some versions of Node warn that it is new, and the user need not know that. */
function sqlite(): typeof import('node:sqlite') | undefined {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:sqlite') as typeof import('node:sqlite') | undefined;
  } catch {
    return undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Returns whether this runtime brings SQLite. Node.js does from version 22.13 on. */
export function hasSqlite(): boolean {
  return sqlite() !== undefined;
}

/** Returns whether another process has the file at this moment. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && /\b(?:locked|busy)\b/.test(error.message);
}

/** Refuses a file that this user did not make, and a link. @throws ConfigError */
function checkPlace(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  const me = process.getuid?.();
  if (found === undefined) return;
  if (!found.isFile()) throw new ConfigError('it is not a plain file');
  if (me !== undefined && found.uid !== me)
    throw new ConfigError(`it belongs to user ${found.uid}`);
}

/** Makes an empty file that no other user can read. SQLite gives the files beside it the same mode. */
function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    // another process has just made it
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function tables(database: DatabaseSync): readonly string[] {
  const rows = database
    .prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY sql')
    .all();
  return rows.map(({ sql }) => String(sql));
}

/** Makes the tables, and refuses a file with others: a view or a trigger would run what its author wrote. */
function prepare(database: DatabaseSync): void {
  for (const pragma of SAFE) database.exec(`PRAGMA ${pragma}`);
  if (tables(database).length === 0) {
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('BEGIN IMMEDIATE');
    // another process may have made them meanwhile
    if (tables(database).length === 0) for (const table of SCHEMA) database.exec(table);
    database.exec('COMMIT');
  }
  if (tables(database).join('\n') !== [...SCHEMA].sort().join('\n'))
    throw new ConfigError('it is no store of this version');
  for (const pragma of FAST) database.exec(`PRAGMA ${pragma}`);
}

/**
 * Opens the store file at `path`. With `make`, it makes one if there is none. Returns undefined if there is none, or if this
 * runtime has no SQLite. @throws what `isBusy` knows, if another process keeps the file for itself
 */
export function openStoreFile(path: string, make: boolean): StoreFile | undefined {
  for (let left = ATTEMPTS - 1; ; left -= 1) {
    try {
      return openOnce(path, make);
    } catch (error) {
      if (left === 0 || !isBusy(error)) throw error;
      // some of SQLite's answers come without any wait
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PATIENCE);
    }
  }
}

function openOnce(path: string, make: boolean): StoreFile | undefined {
  const library = sqlite();
  if (library === undefined) return undefined;
  checkPlace(path);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
    if (!make) return undefined;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    makePrivate(path);
  }
  const database = new library.DatabaseSync(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${PATIENCE}`);
    prepare(database);
    if (make) chmodSync(path, 0o600);
  } catch (error) {
    database.close();
    throw error;
  }
  return fileOf(database);
}

function fileOf(database: DatabaseSync): StoreFile {
  const prepared = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    const known = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  return {
    get: (sql, ...values) => statement(sql).get(...values),
    all: (sql, ...values) => statement(sql).all(...values),
    run: (sql, ...values) => void statement(sql).run(...values),
    each: (sql, ...values) => statement(sql).iterate(...values),
    whole: (work) => {
      database.exec('BEGIN IMMEDIATE');
      try {
        const made = work();
        database.exec('COMMIT');
        return made;
      } catch (error) {
        try {
          database.exec('ROLLBACK');
        } catch {
          // SQLite has rolled back by itself
        }
        throw error;
      }
    },
    close: () => database.close(),
  };
}

/** Removes the store file and the files that SQLite keeps beside it. */
export function removeStoreFile(path: string): void {
  for (const end of ['-wal', '-shm', '']) rmSync(`${path}${end}`, { force: true });
}
