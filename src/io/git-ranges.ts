/**
 * Which commits lie in a range, in what order, on what parents. git answers, one child process a question; hashes go
 * in and hashes come out, so no name is looked up twice (threat P13).
 */

import { UsageError } from '../errors.ts';
import { startGit } from './git-objects.ts';
import { GIT_READS, type GitRepository, gitSaid } from './git-repository.ts';
import { runProcess } from './process.ts';

/** Between which commits. All of them are full hashes; `exclude` and their ancestors are left out. */
export interface Range {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Commits that both included ones reach are left out too (`A...B`). */
  readonly symmetric: boolean;
  /** Refs whose commits are left out too, as options of rev-list: `--all`, `--remotes=origin`. */
  readonly known?: readonly string[];
}

/** A commit of a range, with its parents. */
export interface WalkedCommit {
  readonly id: string;
  readonly parents: readonly string[];
  /** It is not of the range: an excluded parent of some that is. */
  readonly boundary: boolean;
}

/** Lines that git lists, in groups as they come. */
async function* listed(
  repository: GitRepository,
  args: readonly string[],
): AsyncGenerator<readonly string[]> {
  const child = startGit(repository, args);
  child.process.stdin.end();
  let rest = '';
  try {
    for await (const chunk of child.process.stdout as AsyncIterable<Buffer>) {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      if (lines.length > 0) yield lines;
    }
    await child.done;
  } finally {
    child.process.kill();
  }
}

function revisionsOf({ include, exclude, symmetric, known }: Range): readonly string[] {
  const tips = symmetric ? [include.join('...')] : include;
  const without = known === undefined ? [] : ['--not', ...known, '--not'];
  return [...without, '--end-of-options', ...tips, ...exclude.map((id) => `^${id}`), '--'];
}

/** Hashes of all commits of the range, every parent followed, newest first, in groups as git finds them. */
export function commitsOf(
  repository: GitRepository,
  range: Range,
): AsyncGenerator<readonly string[]> {
  return listed(repository, ['rev-list', ...revisionsOf(range)]);
}

function walked(line: string): WalkedCommit {
  const [name = '', ...parents] = line.split(' ');
  const boundary = name.startsWith('-');
  return { id: boundary ? name.slice(1) : name, parents, boundary };
}

/**
 * Commits of the range with their parents. `parents-first`: parents before children, and before all of them the
 * excluded commits that the range stands on.
 */
export async function* walkRange(
  repository: GitRepository,
  range: Range,
  order: 'newest-first' | 'parents-first',
): AsyncGenerator<readonly WalkedCommit[]> {
  const how = order === 'newest-first' ? [] : ['--topo-order', '--reverse', '--boundary'];
  const args = ['rev-list', '--parents', ...how, ...revisionsOf(range)];
  for await (const lines of listed(repository, args)) yield lines.map(walked);
}

/** Hashes of the range's own line: from its tips along first parents alone. */
export async function firstParentsOf(
  repository: GitRepository,
  range: Range,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const args = ['rev-list', '--first-parent', ...revisionsOf(range)];
  for await (const lines of listed(repository, args)) for (const id of lines) found.add(id);
  return found;
}

/** Parents of single commits, by hash; what is no commit is left out. */
export async function parentsOfCommits(
  repository: GitRepository,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  const args = ['rev-list', '--no-walk=unsorted', '--parents', '--end-of-options', ...ids, '--'];
  for await (const lines of listed(repository, args)) {
    for (const line of lines) found.set(walked(line).id, walked(line).parents);
  }
  return found;
}

/** What is to be done about a clone that lacks what is asked for; nothing where it has all. */
export function shallowHint({ shallow }: GitRepository): { readonly hint?: string } {
  return shallow.size === 0 ? {} : { hint: 'this clone is shallow; run: git fetch --unshallow' };
}

/** True when `ancestor` is `commit` or one that it descends from. @throws UsageError GIT_FAILED */
export async function isAncestor(
  repository: GitRepository,
  ancestor: string,
  commit: string,
): Promise<boolean> {
  const { git, cwd, env } = repository;
  const args = [...GIT_READS, 'merge-base', '--is-ancestor', ancestor, commit];
  const { exitCode, stderr } = await runProcess(git, args, { cwd, env });
  if (exitCode > 1) {
    const said = gitSaid(stderr, 'merge-base failed').replace(/^fatal: /, '');
    throw new UsageError(`git: ${said}`, { code: 'GIT_FAILED', ...shallowHint(repository) });
  }
  return exitCode === 0;
}

/** The same where "no" decides something: in a shallow clone it proves nothing. @throws UsageError SHALLOW_RANGE */
export async function isSurelyAncestor(
  repository: GitRepository,
  ancestor: string,
  commit: string,
): Promise<boolean> {
  if (await isAncestor(repository, ancestor, commit)) return true;
  if (repository.shallow.size === 0) return false;
  throw new UsageError(`${commit.slice(0, 12)}: a shallow clone hides what it descends from`, {
    code: 'SHALLOW_RANGE',
    ...shallowHint(repository),
  });
}

/**
 * Counts a range before anything is said about it.
 * @throws UsageError EMPTY_RANGE when it holds nothing; SHALLOW_RANGE when a shallow clone cuts it off.
 */
export async function measureRange(
  repository: GitRepository,
  range: Range,
  name: string,
): Promise<number> {
  let count = 0;
  for await (const group of commitsOf(repository, range)) {
    count += group.length;
    const cut = repository.shallow.size > 0 && group.find((id) => repository.shallow.has(id));
    if (cut) {
      throw new UsageError(`${name}: cut off by a shallow clone at ${cut}`, {
        code: 'SHALLOW_RANGE',
        hint: 'run: git fetch --unshallow',
      });
    }
  }
  if (count === 0) {
    throw new UsageError(`${name}: no commits in this range`, { code: 'EMPTY_RANGE' });
  }
  return count;
}
