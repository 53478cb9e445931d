/**
 * A run of `verify` as its policy wants it: in what order, with which commits watched, and what is asked of commits
 * together. Without such a policy it is the plain plan, newest first, and costs nothing more.
 */

import { UsageError } from '../errors.ts';
import { isSurelyAncestor } from '../git/merge-bases.ts';
import { isAncestor } from '../git/paths.ts';
import { type ProvedRange, proveRange, type Range } from '../git/range-commits.ts';
import { asksAboutGraph, createGraph, type Graph } from './graph.ts';
import type { Bench } from './outcome.ts';
import { judgeCommit } from './outcome.ts';
import { refuseWithoutRef, watchChanges, watchParents } from './policy-watch.ts';
import {
  type Plan,
  type PlanSettings,
  planLines,
  planRevisions,
  rangeRequests,
  startAt,
} from './revisions.ts';
import type { VerifySetup } from './setup.ts';

export interface PolicyPlan extends Plan {
  readonly graph: Graph | undefined;
  readonly close: () => Promise<void>;
}

/** What was asked for. */
export interface Asked {
  readonly revisions: readonly string[];
  /** Names that come one a line, instead. */
  readonly lines?: AsyncIterable<string>;
}

/** @throws UsageError where the policy has rules by ref, and the ref is not said */
function needRef({ judge }: VerifySetup): void {
  if (judge.ref === undefined) refuseWithoutRef(judge.policy);
}

function watchOf({ choice, judge, repository }: VerifySetup, bench: Bench): PlanSettings['watch'] {
  const { blobs, startBlob, since, policy } = choice;
  if (blobs === undefined) return undefined;
  if (startBlob === undefined || since === undefined || policy === undefined) {
    return (commits) => watchChanges(commits, blobs);
  }
  return (commits) =>
    watchParents(commits, {
      blobs,
      start: { policy, blob: startBlob },
      hasRef: judge.ref !== undefined,
      descends: (id) => isAncestor(repository, since, id),
      passes: async (request) => (await judgeCommit(request, bench))?.status === 'verified',
    });
}

/** With `parents`, a single revision stands for everything from the start to it. */
function rangesFrom(since: string, revisions: readonly string[]): readonly string[] {
  const all = revisions.length === 0 ? ['HEAD'] : revisions;
  return all.map((text) => (text.includes('..') ? text : `${since}..${text}`));
}

/** What a policy asks of commits together, over these ranges; undefined where it asks nothing. */
export async function planTogether(
  setup: VerifySetup,
  bench: Bench,
  ranges: readonly Pick<ProvedRange, 'line'>[],
): Promise<Pick<PolicyPlan, 'graph' | 'close'>> {
  const nothing = { graph: undefined, close: async (): Promise<void> => undefined };
  if (orderOf(setup) === 'newest-first') return nothing;
  const landings = ranges.flatMap(({ line }) => [...line]);
  return graphOf(setup, bench, new Set(landings));
}

function orderOf({ choice, judge }: VerifySetup): PlanSettings['order'] {
  const all = choice.startBlob !== undefined || asksAboutGraph(judge.policy);
  return all ? 'parents-first' : 'newest-first';
}

/** Plans one range that is proved as it was asked for; where a start cuts it, it is proved again. @throws UsageError */
export async function planRange(
  range: Range & { readonly name: string; readonly proved: ProvedRange },
  setup: VerifySetup,
  bench: Bench,
): Promise<Pick<PolicyPlan, 'requests' | 'graph' | 'close'>> {
  needRef(setup);
  const { repository, choice } = setup;
  const started = await startAt(repository, range, choice.since);
  const proved =
    started === range ? range.proved : await proveRange(repository, started, range.name);
  const settings = { order: orderOf(setup), watch: watchOf(setup, bench) };
  const requests = rangeRequests(proved, settings);
  return { requests, ...(await planTogether(setup, bench, [proved])) };
}

/** Plans a run. @throws UsageError for what cannot be judged as it was asked for */
export async function planRun(asked: Asked, setup: VerifySetup, bench: Bench): Promise<PolicyPlan> {
  const { repository, choice } = setup;
  const { since, startBlob } = choice;
  const { revisions, lines } = asked;
  needRef(setup);
  const watch = watchOf(setup, bench);
  if (lines !== undefined) {
    if (startBlob !== undefined) {
      throw new UsageError('--policy-from parents judges ranges, not --stdin');
    }
    return { ...planLines(repository, lines, watch), ...(await planTogether(setup, bench, [])) };
  }
  const parents = startBlob !== undefined && since !== undefined;
  const wanted = parents ? rangesFrom(since, revisions) : revisions;
  const plan = await planRevisions(repository, wanted, { since, order: orderOf(setup), watch });
  return { ...plan, ...(await planTogether(setup, bench, plan.ranges)) };
}

async function graphOf(
  { judge, repository }: VerifySetup,
  bench: Bench,
  landings: ReadonlySet<string>,
): Promise<Pick<PolicyPlan, 'close'> & { readonly graph: Graph }> {
  const { openMergeTrees } = await import('../git/merge-tree.ts');
  const trees = openMergeTrees(repository);
  const graph = createGraph({
    ...{ policy: judge.policy, ref: judge.ref, landings, mergeTree: trees.treeOf },
    alone: (id) => judgeCommit({ id }, bench),
    reached: (id, from) => isSurelyAncestor(repository, id, from),
  });
  return { graph, close: trees.close };
}
