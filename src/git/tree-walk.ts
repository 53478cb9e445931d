/** Walks hashed trees: finds the entry at a path, or all files below a tree. */

import type { TreeFile } from '../core/git/tree.ts';
import {
  DIRECTORY,
  GITLINK,
  type TreeEntry,
  treeEntries,
  treeEntry,
} from '../core/git/tree-entries.ts';
import { corrupt, expected } from './hashed-object.ts';
import type { GitRepository } from './repository.ts';

type Holder = Pick<GitRepository, 'objects' | 'format'>;

/** A tree with its bytes and entries. */
export interface ReadTree {
  readonly raw: Uint8Array;
  readonly entries: readonly TreeEntry[];
}

/** Reads trees, in order. @throws UsageError OBJECT_CORRUPT, NO_SUCH_OBJECT */
export async function readTrees(
  { objects, format }: Holder,
  ids: readonly string[],
): Promise<readonly ReadTree[]> {
  return (await objects.read(ids)).map((frame) => {
    const { id, raw } = expected(frame, 'tree');
    const entries = treeEntries(raw, format);
    if (entries === undefined) throw corrupt(id, 'it is not a tree that git would write');
    return { raw, entries };
  });
}

/** Returns the entry at `path` in each of these trees, or undefined if there is none. A path has one character a byte. */
export async function entriesAt(
  repository: Holder,
  trees: readonly string[],
  path: string,
): Promise<readonly (TreeEntry | undefined)[]> {
  let found: (TreeEntry | undefined)[] = trees.map((oid) => ({ mode: DIRECTORY, name: '', oid }));
  for (const part of path.split('/')) {
    const directories = [
      ...new Set(found.flatMap((entry) => (entry?.mode === DIRECTORY ? [entry.oid] : []))),
    ];
    const { objects, format } = repository;
    const next = new Map(
      await objects.each(directories, (frame) => {
        const { id, raw } = expected(frame, 'tree');
        const entry = treeEntry(raw, format, part);
        if (entry === 'malformed') throw corrupt(id, 'it is not a tree that git would write');
        return [id, entry] as const;
      }),
    );
    found = found.map((entry) => (entry?.mode === DIRECTORY ? next.get(entry.oid) : undefined));
  }
  return found;
}

const AT_ONCE = 512;

/** Returns all files and submodules below a tree, without directories. A path has one character a byte. */
export async function filesBelow(
  repository: Holder,
  tree: string,
): Promise<ReadonlyMap<string, TreeFile>> {
  const files = new Map<string, TreeFile>();
  let level: { readonly path: string; readonly oid: string }[] = [{ path: '', oid: tree }];
  while (level.length > 0) {
    const part = level.slice(0, AT_ONCE);
    const below = level.slice(AT_ONCE);
    const read = await readTrees(
      repository,
      part.map(({ oid }) => oid),
    );
    for (const [index, { path }] of part.entries()) {
      for (const { mode, name, oid } of read[index]?.entries ?? []) {
        if (mode === DIRECTORY) below.push({ path: `${path}${name}/`, oid });
        else files.set(`${path}${name}`, { mode, oid });
      }
    }
    level = below;
  }
  // git orders them by the bytes of the whole path
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Returns true for an entry whose object the repository itself holds. */
export const isHeld = ({ mode }: Pick<TreeEntry, 'mode'>): boolean => mode !== GITLINK;
