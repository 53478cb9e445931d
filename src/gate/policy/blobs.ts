/**
 * Reads policies out of commits. Finds the blob at the policy's path in a commit's tree, and reads the policy in a blob.
 * It hashes commits, trees and blobs on the way (threat P17). It reads nothing of the checkout.
 */

import { latin1, utf8 } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { IdentityPolicy } from '../../core/policy/model.ts';
import { isSignetError } from '../../errors.ts';
import { readLinks } from '../../git/commit-links.ts';
import { noSuchObject } from '../../git/hashed-object.ts';
import type { GitRepository } from '../../git/repository.ts';
import { entriesAt, isHeld } from '../../git/tree-walk.ts';
import { parsePolicy } from './file.ts';

/** A commit by its full hash, with its tree if that is known. */
export interface TreeOf {
  readonly id: string;
  readonly tree?: string | undefined;
}

export interface PolicyBlobs {
  /** Returns the hash of the blob at the policy's path, by commit. It is undefined if a tree has none. @throws UsageError OBJECT_CORRUPT */
  readonly names: (commits: readonly TreeOf[]) => Promise<ReadonlyMap<string, string | undefined>>;
  /** Returns the policy in a blob, or undefined if it is no valid policy or too long. @throws UsageError OBJECT_CORRUPT */
  readonly policy: (blob: string) => Promise<IdentityPolicy | undefined>;
}

/** Most policies in memory. A history with more of them reads some again. */
const MAX_KEPT = 64;
/** Most commits and trees whose blob is remembered. A parent is looked up again soon after its child. */
const MAX_KEPT_NAMES = 4096;

/** Adds to a map that forgets its oldest entry. */
function keep<V>(map: Map<string, V>, key: string, value: V, limit: number): void {
  const [oldest] = map.keys();
  if (map.size >= limit && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}

/** Returns a lookup of the blobs at `path`, which remembers earlier answers by tree and by commit. */
function nameLookup(repository: GitRepository, path: string): PolicyBlobs['names'] {
  const byCommit = new Map<string, string | undefined>();
  const byTree = new Map<string, string | undefined>();
  const place = latin1(utf8(path));

  /** Returns blobs by tree. Unknown trees are looked up together. */
  const namesIn = async (
    trees: readonly string[],
  ): Promise<ReadonlyMap<string, string | undefined>> => {
    const wanted = [...new Set(trees)].filter((tree) => !byTree.has(tree));
    const found = new Map(trees.map((tree) => [tree, byTree.get(tree)]));
    for (const [index, entry] of (await entriesAt(repository, wanted, place)).entries()) {
      const tree = wanted[index] ?? '';
      const name = entry !== undefined && isHeld(entry) ? entry.oid : undefined;
      found.set(tree, name);
      keep(byTree, tree, name, MAX_KEPT_NAMES);
    }
    return found;
  };

  return async (commits) => {
    const found = new Map<string, string | undefined>();
    const trees = new Map<string, string | undefined>();
    for (const { id, tree } of commits) {
      if (byCommit.has(id)) found.set(id, byCommit.get(id));
      else if (tree !== undefined || !trees.has(id)) trees.set(id, tree);
    }
    const bare = [...trees].flatMap(([id, tree]) => (tree === undefined ? [id] : []));
    for (const { id, tree } of await readLinks(repository, bare)) trees.set(id, tree);
    const known = await namesIn([...trees.values()].filter((tree) => tree !== undefined));
    for (const [id, tree] of trees) {
      const name = tree === undefined ? undefined : known.get(tree);
      found.set(id, name);
      keep(byCommit, id, name, MAX_KEPT_NAMES);
    }
    return found;
  };
}

/** Opens the policies of a repository at `path`. The path must come from this program, not from the repository. */
export function openPolicyBlobs(
  repository: GitRepository,
  path: string,
  crypto: Crypto,
): PolicyBlobs {
  const kept = new Map<string, IdentityPolicy | undefined>();
  const read = async (blob: string): Promise<IdentityPolicy | undefined> => {
    const [frame] = await repository.objects.read([blob]);
    // a missing blob could hold any policy and any sequence, so the run must not go on without it
    if (frame?.kind === 'missing') throw noSuchObject(blob);
    if (frame?.kind !== 'object' || frame.type !== 'blob') return undefined;
    try {
      return await parsePolicy(frame.raw.slice(), `${path} (blob ${blob.slice(0, 7)})`, crypto);
    } catch (error) {
      if (isSignetError(error) && error.code === 'POLICY_FILE') return undefined;
      throw error;
    }
  };

  const policy: PolicyBlobs['policy'] = async (blob) => {
    if (kept.has(blob)) return kept.get(blob);
    const found = await read(blob);
    keep(kept, blob, found, MAX_KEPT);
    return found;
  };
  return { names: nameLookup(repository, path), policy };
}
