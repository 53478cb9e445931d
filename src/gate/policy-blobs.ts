/**
 * Which policy a commit's tree holds, by blob name, and the policies themselves by that name. Commits, trees and blobs are
 * hashed on the way (threat P17); nothing of the checkout is read or run.
 */

import { latin1, utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import type { IdentityPolicy } from '../core/policy/model.ts';
import { isSignetError } from '../errors.ts';
import { readLinks } from '../git/commit-links.ts';
import { noSuchObject } from '../git/hashed-object.ts';
import type { GitRepository } from '../git/repository.ts';
import { entriesAt, isHeld } from '../git/tree-walk.ts';
import { parsePolicy } from './policy-file.ts';

/** A commit by its full hash, and its tree where that is known. */
export interface TreeOf {
  readonly id: string;
  readonly tree?: string | undefined;
}

export interface PolicyBlobs {
  /** Names of the blobs at the policy's path, by commit; undefined where a tree has none. @throws UsageError OBJECT_CORRUPT */
  readonly names: (commits: readonly TreeOf[]) => Promise<ReadonlyMap<string, string | undefined>>;
  /** The policy in a blob; undefined when it cannot be read as one, or is too long. @throws UsageError OBJECT_CORRUPT */
  readonly policy: (blob: string) => Promise<IdentityPolicy | undefined>;
}

/** Policies that are kept; a history that goes through more of them reads some again. */
const MAX_KEPT = 64;
/** Commits and trees whose policy's name is kept: a parent is asked about again soon after its child. */
const MAX_KEPT_NAMES = 4096;

/** Adds to a map that forgets its oldest entry. */
function keep<V>(map: Map<string, V>, key: string, value: V, limit: number): void {
  const [oldest] = map.keys();
  if (map.size >= limit && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}

/** Names of the blobs at `path`, by tree and by commit, with those that were looked up before. */
function nameLookup(repository: GitRepository, path: string): PolicyBlobs['names'] {
  const byCommit = new Map<string, string | undefined>();
  const byTree = new Map<string, string | undefined>();
  const place = latin1(utf8(path));

  /** Names by tree; those that are not known yet are looked up together. */
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

/** Opens the policies of a repository at `path`, which is this program's own word. */
export function openPolicyBlobs(
  repository: GitRepository,
  path: string,
  crypto: Crypto,
): PolicyBlobs {
  const kept = new Map<string, IdentityPolicy | undefined>();
  const read = async (blob: string): Promise<IdentityPolicy | undefined> => {
    const [frame] = await repository.objects.read([blob]);
    // one that is not here could be any policy: what it says of its sequence decides
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
