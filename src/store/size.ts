/** Keeps the store file small. What was not used for the longest time goes first. */

import type { StoreFile } from './database.ts';
import type { StoreKey } from './key.ts';
import { PROOFS } from './scope.ts';

/** Bytes. Some two million proofs fit. */
export const MAX_STORE = 1024 * 1024 * 1024;

/** Returns the bytes in use. */
export function bytesUsed(file: StoreFile): number {
  const value = (name: string): number => {
    const row = file.get(`PRAGMA ${name}`) as Readonly<Record<string, number>>;
    return row[name] ?? 0;
  };
  return (value('page_count') - value('freelist_count')) * value('page_size');
}

/** Returns the number of commits of which this key has marked a proof, under any trust root and build. */
export function proofCount(file: StoreFile, key: StoreKey): number {
  const row = file.get(
    'SELECT count(*) AS n FROM place JOIN scope ON scope.id = place.scope JOIN page ON page.id = place.page WHERE scope.owner = ? AND page.part = ?',
    ...[key.mark('owner'), PROOFS],
  );
  return (row as { readonly n: number }).n;
}

/** Gives free space back to the file system. */
export function compact(file: StoreFile): void {
  file.run('VACUUM');
  file.get('PRAGMA wal_checkpoint(TRUNCATE)');
}

function dropScope(file: StoreFile, id: number): void {
  file.run('DELETE FROM place WHERE scope = ?', id);
  file.run('DELETE FROM page WHERE scope = ?', id);
  file.run('DELETE FROM scope WHERE id = ?', id);
}

/** Drops the older half of the pages of a scope. */
function halve(file: StoreFile, id: number): void {
  const { n, last } = file.get(
    'SELECT count(*) AS n, max(id) AS last FROM (SELECT id FROM page WHERE scope = ?1 ORDER BY id LIMIT (SELECT (count(*) + 1) / 2 FROM page WHERE scope = ?1))',
    id,
  ) as { readonly n: number; readonly last: number | null };
  if (n === 0 || last === null) {
    dropScope(file, id);
    return;
  }
  file.run('DELETE FROM place WHERE scope = ? AND page <= ?', id, last);
  file.run('DELETE FROM page WHERE scope = ? AND id <= ?', id, last);
}

/** Drops what was not used for the longest time until the file has at most `limit` bytes in use. */
export function shrink(file: StoreFile, limit: number): void {
  while (bytesUsed(file) > limit) {
    const scopes = file.all('SELECT id FROM scope ORDER BY used, id LIMIT 2') as readonly {
      readonly id: number;
    }[];
    const [first] = scopes;
    if (first === undefined) return;
    file.whole(() => (scopes.length > 1 ? dropScope(file, first.id) : halve(file, first.id)));
  }
}
