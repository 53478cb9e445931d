/** Makes new trees from trees of the repository: the union of several, or one with another file in it. */

import { DIRECTORY, type TreeEntry } from '../core/git/tree-entries.ts';
import type { GitRepository } from './repository.ts';
import { readTrees } from './tree-walk.ts';
import { writeTree } from './write.ts';

/** Most levels of trees that are joined. Deeper trees are taken from the first side. */
const MAX_DEPTH = 8;

/**
 * Returns the hash of a tree with the files of all these trees. If two of them hold different files under one name, the
 * earlier one counts. @throws UsageError OBJECT_CORRUPT, NO_SUCH_OBJECT, GIT_FAILED
 */
export async function unionOfTrees(
  repository: GitRepository,
  trees: readonly string[],
  depth = 0,
): Promise<string> {
  const different = [...new Set(trees)];
  const [first] = different;
  if (first !== undefined && (different.length === 1 || depth > MAX_DEPTH)) return first;
  const joined = new Map<string, TreeEntry[]>();
  for (const { entries } of await readTrees(repository, different)) {
    for (const entry of entries) {
      const same = joined.get(entry.name);
      if (same === undefined) joined.set(entry.name, [entry]);
      else if (entry.mode === DIRECTORY && same[0]?.mode === DIRECTORY) same.push(entry);
    }
  }
  const entries: TreeEntry[] = [];
  for (const [name, [entry, ...more]] of joined) {
    if (entry === undefined) continue;
    const below = [entry, ...more].map(({ oid }) => oid);
    const oid = more.length === 0 ? entry.oid : await unionOfTrees(repository, below, depth + 1);
    entries.push({ mode: entry.mode, name, oid });
  }
  return writeTree(repository, entries);
}

/**
 * Returns the hash of a tree in which `path` is this blob. `tree` is undefined for an empty tree.
 * @throws UsageError OBJECT_CORRUPT, NO_SUCH_OBJECT, GIT_FAILED
 */
export async function withFile(
  repository: GitRepository,
  tree: string | undefined,
  path: readonly string[],
  blob: string,
): Promise<string> {
  const [name = '', ...below] = path;
  const [read] = tree === undefined ? [] : await readTrees(repository, [tree]);
  const entries = read?.entries ?? [];
  const old = entries.find((entry) => entry.name === name);
  const inside = old?.mode === DIRECTORY ? old.oid : undefined;
  const entry =
    below.length === 0
      ? { mode: '100644', name, oid: blob }
      : { mode: DIRECTORY, name, oid: await withFile(repository, inside, below, blob) };
  return writeTree(repository, [...entries.filter((each) => each !== old), entry]);
}
