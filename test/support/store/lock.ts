/** A process that locks a store file until it is ended: `node lock.ts FILE all|writers`. It prints a line when it has the lock. */

import { DatabaseSync } from 'node:sqlite';

const [path = '', whom] = process.argv.slice(2);
const database = new DatabaseSync(path);
if (whom === 'all') database.exec('PRAGMA locking_mode = EXCLUSIVE');
database.exec('BEGIN IMMEDIATE');
database.exec('UPDATE scope SET used = used');
// in this mode SQLite keeps the lock behind the end of the transaction
if (whom === 'all') database.exec('COMMIT');
process.stdout.write('locked\n');
setInterval(() => undefined, 60_000);
