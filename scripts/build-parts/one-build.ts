/** Lets one build at a time write into `dist`. */

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The most that SQLite takes: 24 days. */
const MILLISECONDS = 2 ** 31 - 1;

/** SQLite's code for a database that another process has locked. */
const BUSY = 5;

/**
 * Waits until no other process holds the lock at `path`, then holds it until this process ends. Calls `onWait` before it
 * waits. It is the lock of a SQLite database: the system ends it with its process, even a killed one, on every platform.
 */
export function takeTurn(path: string, onWait: () => void): void {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    if ((error as { errcode?: number }).errcode !== BUSY) throw error;
    onWait();
    database.exec(`PRAGMA busy_timeout = ${MILLISECONDS}`);
    database.exec('BEGIN EXCLUSIVE');
  }
  // a collected database would end the lock
  process.once('exit', () => database.close());
}
