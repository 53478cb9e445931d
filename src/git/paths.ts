/**
 * Tells whether one commit descends from another. git finds the path, and each commit on it is hashed and must name the
 * next one. "Yes" needs such a path. If "no" decides something, it needs the proof that no path leads there.
 */

import { UsageError } from '../errors.ts';
import { commitOfTag, readLinks, streamLinks } from './commit-links.ts';
import { corrupt } from './hashed-object.ts';
import { listed } from './objects.ts';
import { GIT_READS, gitSaid, runGit } from './process.ts';
import type { GitRepository } from './repository.ts';

/** Up to this many commits are read by the child process that runs already. */
const FEW_STEPS = 64;
const NOTHING_LEADS_THERE = 'git left it out as known, but no known commit leads to it';

/** Returns each commit with the one before it that names it as a parent. git's answer is not proved here. */
async function namersOf(
  repository: GitRepository,
  tops: readonly string[],
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const namers = new Map<string, string>();
  let left = wanted.size;
  for await (const lines of listed(repository, ['rev-list', '--parents', '--stdin'], tops)) {
    for (const line of lines) {
      const [id = '', ...parents] = line.split(' ');
      for (const parent of parents) {
        if (namers.has(parent)) continue;
        namers.set(parent, id);
        if (wanted.has(parent)) left -= 1;
      }
    }
    if (left === 0) break;
  }
  return namers;
}

/** A commit, and one of its parents. */
type Step = readonly [from: string, to: string];

/** Proves by the hashed bytes of each commit that it names the next. @throws UsageError OBJECT_CORRUPT */
async function proveSteps(repository: GitRepository, steps: readonly Step[]): Promise<void> {
  const ids = steps.map(([from]) => from);
  const few = ids.length <= FEW_STEPS;
  const groups = few ? [await readLinks(repository, ids)] : streamLinks(repository, [ids]);
  let at = 0;
  for await (const links of groups) {
    for (const { id, parents } of links) {
      const to = steps[at]?.[1] ?? '';
      if (!parents.includes(to)) {
        throw corrupt(id, `git says that its parent is ${to}, but its bytes do not`);
      }
      at += 1;
    }
  }
}

/**
 * Proves that each target is one of the tops or an ancestor of one. Returns the tops that were needed.
 * @throws UsageError OBJECT_CORRUPT if no path leads to a target, or the bytes of a commit on it do not match its name
 */
export async function proveReached(
  repository: GitRepository,
  tops: readonly string[],
  targets: readonly string[],
): Promise<ReadonlySet<string>> {
  const from = new Set(tops);
  const needed = new Set(targets.filter((id) => from.has(id)));
  const wanted = new Set(targets.filter((id) => !from.has(id)));
  if (wanted.size === 0) return needed;
  const [stray] = wanted;
  if (tops.length === 0 && stray !== undefined) throw corrupt(stray, NOTHING_LEADS_THERE);
  const namers = await namersOf(repository, tops, wanted);
  const steps: Step[] = [];
  const met = new Set<string>();
  for (const target of wanted) {
    for (let to = target; !from.has(to) && !met.has(to); ) {
      const namer = namers.get(to);
      if (namer === undefined) {
        throw corrupt(target, NOTHING_LEADS_THERE);
      }
      steps.push([namer, to]);
      met.add(to);
      if (from.has(namer)) needed.add(namer);
      to = namer;
    }
  }
  await proveSteps(repository, steps);
  return needed;
}

/** Proves that a tag leads to a commit. @throws UsageError OBJECT_CORRUPT */
export async function proveTag(
  repository: GitRepository,
  tag: string,
  commit: string,
): Promise<void> {
  if ((await commitOfTag(repository, tag)) === commit) return;
  throw corrupt(tag, `git says that this tag leads to ${commit}, but its bytes do not`);
}

/** Names what mends a shallow clone at a terminal, and in a job on GitHub or GitLab. */
export const SHALLOW_HINT =
  'this clone is shallow, so run: git fetch --unshallow (in CI: fetch-depth: 0 on GitHub, GIT_DEPTH: "0" on GitLab)';

/** Returns the hint for a clone without some history. It is empty for a complete clone. */
export function shallowHint({ shallow }: GitRepository): { readonly hint?: string } {
  return shallow.size === 0 ? {} : { hint: SHALLOW_HINT };
}

/** Returns git's answer without proof. @throws UsageError GIT_FAILED */
export async function seemsAncestor(
  repository: GitRepository,
  ancestor: string,
  commit: string,
): Promise<boolean> {
  const args = [...GIT_READS, 'merge-base', '--is-ancestor', ancestor, commit];
  const { exitCode, stderr } = await runGit(repository, args);
  if (exitCode > 1) {
    const said = gitSaid(stderr, 'merge-base failed').replace(/^fatal: /, '');
    throw new UsageError(`git: ${said}`, { code: 'GIT_FAILED', ...shallowHint(repository) });
  }
  return exitCode === 0;
}

/** Returns true if `ancestor` is proved to be `commit` or one of its ancestors. @throws UsageError GIT_FAILED, OBJECT_CORRUPT */
export async function isAncestor(
  repository: GitRepository,
  ancestor: string,
  commit: string,
): Promise<boolean> {
  if (!(await seemsAncestor(repository, ancestor, commit))) return false;
  await proveReached(repository, [commit], [ancestor]);
  return true;
}

/**
 * Returns true if `ancestor` is proved to lie on the line of first parents of `commit`. That line is short beside the whole
 * history, and git need not be asked whether there is any path. False says nothing. @throws UsageError OBJECT_CORRUPT
 */
export async function isOnLine(
  repository: GitRepository,
  ancestor: string,
  commit: string,
): Promise<boolean> {
  const steps: Step[] = [];
  let last: string | undefined;
  for await (const ids of listed(repository, ['rev-list', '--first-parent', '--stdin'], [commit])) {
    for (const id of ids) {
      if (last !== undefined) steps.push([last, id]);
      last = id;
      if (id === ancestor) break;
    }
    if (last === ancestor) break;
  }
  if (last !== ancestor) return false;
  await proveSteps(repository, steps);
  return true;
}
