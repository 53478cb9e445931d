/**
 * The ways in which a commit may hold the work of a head: squashed, rebased or merged. Each compares trees with those that
 * git itself makes, so one changed byte, mode, path or parent ends it.
 */

import type { CarriedWay } from '../../core/policy/model.ts';
import type { MergeTrees } from '../../git/merge-tree.ts';
import type { WalkedCommit } from '../../git/range-commits.ts';
import { type StatedCommit, saysTheSame } from '../stated-commit.ts';
import type { ForgeLanding } from './commits.ts';

/** A landing, and a head whose work it may hold. */
export interface Trial {
  readonly landing: ForgeLanding;
  /** Full hash. */
  readonly head: string;
  /** What the head brings, parents first. */
  readonly brought: readonly WalkedCommit[];
}

/** A landing that has the trees of a head's work. What it brings is not judged yet. */
export interface Match {
  readonly how: CarriedWay;
  /** Of the commits that the head brings, those that the landing itself holds. */
  readonly held: readonly WalkedCommit[];
  /** Names the landing as a whole: itself, or the parent of the run that it belongs to. */
  readonly place: string;
}

/** Returns the match if the landing is git's own merge of its first parent and the head. */
export async function matchMerged(
  how: 'squash' | 'merge',
  { landing, head, brought }: Trial,
  { treeOf }: Pick<MergeTrees, 'treeOf'>,
): Promise<Match | undefined> {
  const [base = ''] = landing.parents;
  if ((await treeOf(base, head)) !== landing.tree) return undefined;
  return { how, held: brought, place: landing.id };
}

/** Reads what a rebased run may hold. */
export interface RunSource {
  readonly merges: Pick<MergeTrees, 'treeOf' | 'treeOver'>;
  readonly read: (id: string) => Promise<StatedCommit | undefined>;
  /** Returns the commit on the range's own line whose first parent this is. */
  readonly childOf: (id: string) => Promise<string | undefined>;
}

/** A run beside the commits of a head. */
interface Run {
  /** The parent of its first commit. */
  readonly base: StatedCommit;
  /** For each commit of the head, the commit of the run that stands for it, if there is one. */
  readonly stands: readonly (StatedCommit | undefined)[];
}

/** Returns true if each commit has one parent, and that is the commit before it. */
function isRow(commits: readonly WalkedCommit[]): boolean {
  return commits.every(
    ({ parents }, index) =>
      parents.length === 1 && (index === 0 || parents[0] === commits[index - 1]?.id),
  );
}

/** Returns the run around a commit that stands for the head's commit at `at`. */
async function runAround(
  commit: StatedCommit,
  at: number,
  originals: readonly StatedCommit[],
  { read, childOf }: RunSource,
): Promise<Run | undefined> {
  const stands: (StatedCommit | undefined)[] = originals.map(() => undefined);
  stands[at] = commit;
  let base = await read(commit.parents[0] ?? '');
  for (let index = at - 1; index >= 0; index -= 1) {
    const original = originals[index];
    if (base?.parents.length !== 1 || original === undefined) continue;
    if (!saysTheSame(base, original)) continue;
    stands[index] = base;
    base = await read(base.parents[0] ?? '');
  }
  let above = await childOf(commit.id);
  for (let index = at + 1; index < originals.length && above !== undefined; index += 1) {
    const [next, original] = [await read(above), originals[index]];
    if (next?.parents.length !== 1 || original === undefined) continue;
    if (!saysTheSame(next, original)) continue;
    stands[index] = next;
    above = await childOf(next.id);
  }
  return base === undefined ? undefined : { base, stands };
}

/** Returns true if each tree of the run is the one that git makes of the commit before it and the head's own commit. */
async function isRebased(
  { base, stands }: Run,
  head: string,
  originals: readonly StatedCommit[],
  { treeOf, treeOver }: RunSource['merges'],
): Promise<boolean> {
  const last = stands.findLast((each) => each !== undefined);
  if (last === undefined || (await treeOf(base.id, head)) !== last.tree) return false;
  let before = base;
  for (const [index, { id, parents }] of originals.entries()) {
    const made = await treeOver(parents[0] ?? '', before.id, id);
    const commit = stands[index];
    // a commit that changes nothing on the new base is left out, as git does it
    const changes = made !== before.tree;
    if (made === undefined || changes !== (commit !== undefined)) return false;
    if (commit !== undefined && commit.tree !== made) return false;
    before = commit ?? before;
  }
  return true;
}

/** Returns a function that finds matches of rebased commits. It remembers the runs that it compared. */
export function rebaseMatcher(source: RunSource): (trial: Trial) => Promise<Match | undefined> {
  const known = new Map<string, boolean>();
  const compared = async (run: Run, head: string, originals: readonly StatedCommit[]) => {
    const key = [head, run.base.id, ...run.stands.map((each) => each?.id ?? '')].join(' ');
    const answer = known.get(key) ?? (await isRebased(run, head, originals, source.merges));
    if (known.size > 1000) known.clear();
    known.set(key, answer);
    return answer;
  };
  return async ({ landing, head, brought }) => {
    if (!isRow(brought)) return undefined;
    const commit = await source.read(landing.id);
    const originals: StatedCommit[] = [];
    for (const { id } of brought) {
      const original = await source.read(id);
      if (original === undefined) return undefined;
      originals.push(original);
    }
    for (const [at, original] of originals.entries()) {
      if (commit === undefined || !saysTheSame(commit, original)) continue;
      const run = await runAround(commit, at, originals, source);
      const held = brought[at];
      if (run === undefined || held === undefined) continue;
      if (await compared(run, head, originals)) {
        return { how: 'rebase', held: [held], place: run.base.id };
      }
    }
    return undefined;
  };
}
