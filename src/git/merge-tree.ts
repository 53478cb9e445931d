/**
 * Computes the tree of git's own merge of two commits, if there is no conflict. git merges in a private repository. It
 * holds stand-ins for the two commits, their best common ancestors and the differences between their trees, and each
 * object is hashed on its way in. Configuration, attributes, merge drivers and unhashed objects have no effect (threats
 * P14, P17).
 */

import { fromUtf8Lossy, utf8 } from '../core/bytes.ts';
import { DIRECTORY, type TreeEntry } from '../core/git/tree-entries.ts';
import { claimsOf } from '../core/policy/claims.ts';
import { UsageError } from '../errors.ts';
import { once } from '../system/once.ts';
import { inTurns } from '../system/turns.ts';
import { readLinks } from './commit-links.ts';
import { mergeBases } from './merge-bases.ts';
import { openPrivateRepository, type PrivateRepository } from './private-repository.ts';
import { gitSaid } from './process.ts';
import type { GitRepository } from './repository.ts';
import { isHeld, readTrees } from './tree-walk.ts';

export interface MergeTrees {
  /**
   * Returns the hash of the tree, or undefined if the merge has conflicts or git makes none.
   * @throws UsageError GIT_FAILED before git 2.38, OBJECT_CORRUPT, SHALLOW_RANGE
   */
  readonly treeOf: (first: string, second: string) => Promise<string | undefined>;
  /** The same over a base that the caller chooses, as `git rebase` merges. All three are commits. */
  readonly treeOver: (base: string, first: string, second: string) => Promise<string | undefined>;
  readonly close: () => Promise<void>;
}

/** Most commits of a skeleton. No clean merge is expected of histories that cross more often. */
const MAX_COMMITS = 64;

/** The commits that a merge needs, each with the best ancestors that it shares with the others. */
type Skeleton = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Returns the two commits, their best common ancestors, the best common ancestors of those, and so on, until every two of
 * them share one that is included. git first merges several best ancestors with each other.
 */
async function skeletonOf(
  repository: GitRepository,
  first: string,
  second: string,
): Promise<Skeleton | undefined> {
  const above = new Map<string, Set<string>>([first, second].map((id) => [id, new Set()]));
  const pairs: (readonly [string, string])[] = [[first, second]];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const bases = await mergeBases(repository, ...pair);
    if (pairs.length === 0 && above.size === 2 && bases.length === 0) return undefined;
    for (const base of bases) {
      for (const id of pair) if (id !== base) above.get(id)?.add(base);
      if (above.has(base)) continue;
      // ancestors of an included commit are already reached
      const others = [...above.keys()].filter((id) => !pair.includes(id));
      pairs.push(...others.map((id) => [id, base] as const));
      above.set(base, new Set());
    }
    if (above.size > MAX_COMMITS) return undefined;
  }
  return above;
}

/** Copies only the differences between trees. */
class Differences {
  readonly #from: GitRepository;
  readonly #to: PrivateRepository;
  /** Pairs that were compared, and trees that were copied whole. */
  readonly #done = new Set<string>();

  constructor(from: GitRepository, to: PrivateRepository) {
    this.#from = from;
    this.#to = to;
  }

  async #tree(id: string): Promise<readonly TreeEntry[]> {
    const [tree] = await readTrees(this.#from, [id]);
    if (tree === undefined) return [];
    await this.#to.put('tree', tree.raw);
    return tree.entries;
  }

  async #whole(entries: readonly TreeEntry[]): Promise<void> {
    for (const entry of entries) {
      if (!isHeld(entry) || this.#done.has(entry.oid)) continue;
      this.#done.add(entry.oid);
      if (entry.mode === DIRECTORY) await this.#whole(await this.#tree(entry.oid));
      else await this.#blob(entry.oid);
    }
  }

  async #blob(id: string): Promise<void> {
    const [frame] = await this.#from.objects.read([id]);
    // an object that is too large to be read cannot be merged, but its name is enough if git need not read it
    if (frame?.kind === 'too-large') return;
    await this.#to.put('blob', (await this.#from.objects.get(id, 'blob')).raw);
  }

  /** Copies the differences of two trees. */
  async copy(first: string, second: string): Promise<void> {
    const key = `${first} ${second}`;
    if (this.#done.has(key)) return;
    this.#done.add(key);
    const [here, there] = [await this.#tree(first), await this.#tree(second)];
    if (first === second) return;
    const named = new Map(there.map((entry) => [entry.name, entry]));
    for (const entry of here) {
      const other = named.get(entry.name);
      named.delete(entry.name);
      if (other?.oid === entry.oid && other.mode === entry.mode) continue;
      if (other?.mode === DIRECTORY && entry.mode === DIRECTORY) {
        await this.copy(entry.oid, other.oid);
      } else await this.#whole(other === undefined ? [entry] : [entry, other]);
    }
    await this.#whole([...named.values()]);
  }
}

/** Returns the bytes of a commit that stands in for a real one. `time` is in Unix seconds. */
function standIn(tree: string, parents: readonly string[], time: number, message: string): string {
  const person = `x <x> ${time} +0000`;
  const lines = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`)];
  return `${[...lines, `author ${person}`, `committer ${person}`].join('\n')}\n\n${message}\n`;
}

/** Writes the skeleton as new commits, ancestors first, with the real trees and the real order. */
async function writeSkeleton(
  repository: GitRepository,
  held: PrivateRepository,
  skeleton: Skeleton,
  trees: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const written = new Map<string, string>();
  const write = async (id: string): Promise<string> => {
    const known = written.get(id);
    if (known !== undefined) return known;
    const parents: string[] = [];
    for (const base of skeleton.get(id) ?? []) parents.push(await write(base));
    const { raw } = await repository.objects.get(id, 'commit');
    const time = claimsOf('commit', raw).committer?.time ?? 0;
    const name = await held.put('commit', utf8(standIn(trees.get(id) ?? '', parents, time, id)));
    written.set(id, name);
    return name;
  };
  for (const id of skeleton.keys()) await write(id);
  return written;
}

/** Copies a merge's commits into the private repository. Returns undefined if git would not merge them. */
async function bring(
  repository: GitRepository,
  held: PrivateRepository,
  differences: Differences,
  pair: readonly [string, string],
): Promise<readonly string[] | undefined> {
  const skeleton = await skeletonOf(repository, ...pair);
  if (skeleton === undefined) return undefined;
  const ids = [...skeleton.keys()];
  const trees = new Map<string, string>();
  for (const { id, tree } of await readLinks(repository, ids)) {
    if (tree === undefined) return undefined;
    trees.set(id, tree);
  }
  for (const [id, bases] of skeleton) {
    const tree = trees.get(id) ?? '';
    await differences.copy(tree, tree);
    for (const base of bases) await differences.copy(tree, trees.get(base) ?? '');
  }
  const names = await writeSkeleton(repository, held, skeleton, trees);
  return pair.map((id) => names.get(id) ?? '');
}

/** Copies three commits so that the first one is the only base of the others. Returns undefined if one of them is too large to be read. */
async function bringOver(
  repository: GitRepository,
  held: PrivateRepository,
  differences: Differences,
  ids: readonly [string, string, string],
): Promise<readonly string[] | undefined> {
  const trees: string[] = [];
  for (const { tree } of await readLinks(repository, ids)) {
    if (tree === undefined) return undefined;
    trees.push(tree);
  }
  const [base = '', ...sides] = trees;
  await differences.copy(base, base);
  const root = await held.put('commit', utf8(standIn(base, [], 0, 'base')));
  const pair: string[] = [];
  for (const [index, tree] of sides.entries()) {
    await differences.copy(tree, tree);
    await differences.copy(tree, base);
    pair.push(await held.put('commit', utf8(standIn(tree, [root], 0, `side ${index}`))));
  }
  return pair;
}

/** Asks git for the tree of a merge of two commits that the private repository holds. @throws UsageError GIT_FAILED */
async function mergedTree(
  held: PrivateRepository,
  pair: readonly string[],
): Promise<string | undefined> {
  const args = ['merge-tree', '--write-tree', '--no-messages', ...pair];
  const { exitCode, stdout, stderr } = await held.ask(args);
  const tree = /^[0-9a-f]{40,64}/.exec(fromUtf8Lossy(stdout))?.[0];
  if (exitCode === 0 && tree !== undefined) return tree;
  // git also names a tree if there are conflicts
  if (exitCode === 1 && tree !== undefined) return undefined;
  const said = gitSaid(stderr, `ended with ${exitCode}`).replace(/^fatal: /, '');
  throw new UsageError(
    exitCode === 129
      ? 'git merge-tree --write-tree failed: git 2.38 or newer is needed'
      : `git merge-tree: ${said}`,
    { code: 'GIT_FAILED' },
  );
}

/**
 * Returns merges on demand. The first one makes the private repository. Callers may ask at once, and their merges are made
 * one after the other.
 */
export function openMergeTrees(repository: GitRepository): MergeTrees {
  const open = once(() => openPrivateRepository(repository));
  const inTurn = inTurns();
  let isOpen = false;
  let differences: Differences | undefined;
  const merged = async <Ids extends readonly string[]>(
    copy: (
      from: GitRepository,
      held: PrivateRepository,
      differences: Differences,
      ids: Ids,
    ) => Promise<readonly string[] | undefined>,
    ids: Ids,
  ): Promise<string | undefined> => {
    isOpen = true;
    const held = await open();
    const known = differences ?? new Differences(repository, held);
    // what a copy noted counts only if it came to its end
    differences = undefined;
    const pair = await copy(repository, held, known, ids);
    differences = known;
    return pair === undefined ? undefined : mergedTree(held, pair);
  };
  const treeOf: MergeTrees['treeOf'] = (...pair) => inTurn(() => merged(bring, pair));
  const treeOver: MergeTrees['treeOver'] = (...ids) => inTurn(() => merged(bringOver, ids));
  const close = (): Promise<void> =>
    inTurn(async () => {
      if (isOpen) await (await open().catch(() => undefined))?.close();
    });
  return { treeOf, treeOver, close };
}
