/**
 * What git would say of a made history: who reaches whom, best common ancestors, and merges of small trees. The model and
 * the program get the same answers, because git is not what is tested here.
 */

import { createHash } from 'node:crypto';
import type { Commit } from './cases.ts';

/** A tree: the content of each path, as a number. */
export type Files = Readonly<Record<string, number>>;

type History = readonly Commit[];

const POLICY_PATH = '.signet.yaml';

/** Returns all that the commit's tree holds, with its policy file. */
export function filesOf(commit: Commit | undefined): Files {
  if (commit === undefined) return {};
  const { files = {}, policy } = commit;
  if (policy === 'none') return files;
  return { ...files, [POLICY_PATH]: policy === 'broken' ? -1 : policy };
}

/** Returns a name for a tree that is made like git's own: the same files have the same name. */
export function treeId(files: Files): string {
  const lines = Object.entries(files).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha1').update(JSON.stringify(lines)).digest('hex');
}

/** Returns the commits that are reached from these, and themselves. */
export function reach(commits: History, from: readonly number[]): ReadonlySet<number> {
  const all = new Set<number>();
  const queue = [...from];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (all.has(at)) continue;
    all.add(at);
    queue.push(...(commits[at]?.parents ?? []));
  }
  return all;
}

/** Returns what `from` reaches and `without` does not, parents first. */
export function between(commits: History, without: readonly number[], from: readonly number[]) {
  const old = reach(commits, without);
  return [...reach(commits, from)].filter((at) => !old.has(at)).toSorted((one, two) => one - two);
}

/** Returns the best common ancestors of two commits. */
export function bestBases(commits: History, one: number, other: number): readonly number[] {
  const theirs = reach(commits, [other]);
  const common = [...reach(commits, [one])].filter((at) => theirs.has(at));
  return common.filter(
    (at) => !common.some((each) => each !== at && reach(commits, [each]).has(at)),
  );
}

/** Merges three trees path by path. Returns undefined if both sides changed one path differently. */
export function mergeFiles(base: Files, ours: Files, theirs: Files): Files | undefined {
  const merged: Record<string, number> = {};
  const paths = new Set([base, ours, theirs].flatMap((files) => Object.keys(files)));
  for (const path of paths) {
    const [was, one, other] = [base[path], ours[path], theirs[path]];
    if (one !== was && other !== was && one !== other) return undefined;
    const content = one === was ? other : one;
    if (content !== undefined) merged[path] = content;
  }
  return merged;
}

/** Returns the tree of git's own merge of two commits. Here git gives up if the base is not a single one. */
export function mergeOf(commits: History, one: number, other: number): Files | undefined {
  const [base, ...more] = bestBases(commits, one, other);
  if (base === undefined || more.length > 0) return undefined;
  return mergeFiles(filesOf(commits[base]), filesOf(commits[one]), filesOf(commits[other]));
}

/** Returns the tree of git's own merge of two commits over the first parent of the second one. */
export function appliedTo(commits: History, onto: number, original: number): Files | undefined {
  const [parent] = commits[original]?.parents ?? [];
  const base = parent === undefined ? {} : filesOf(commits[parent]);
  return mergeFiles(base, filesOf(commits[onto]), filesOf(commits[original]));
}

/** True if both trees are there and hold the same. */
export function same(one: Files | undefined, other: Files | undefined): boolean {
  return one !== undefined && other !== undefined && treeId(one) === treeId(other);
}
