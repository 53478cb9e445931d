/**
 * Plans a run of `verify` by its policy: the order of the commits, whether changes of the policy are watched, and the
 * rules that need several commits. Without such rules the order is newest first, and the plan costs nothing more.
 */

import { UsageError } from '../errors.ts';
import { isSurelyAncestor } from '../git/merge-bases.ts';
import type { MergeTrees } from '../git/merge-tree.ts';
import type { ObjectRequest } from '../git/objects.ts';
import { isAncestor } from '../git/paths.ts';
import { type ProvedRange, proveRange, type Range } from '../git/range-commits.ts';
import type { ApprovalJudge } from './approvals/judge.ts';
import type { TagApprovalSettings } from './approvals/tag.ts';
import { asksAboutGraph, createGraph, type Graph } from './graph.ts';
import { type RevocationWatch, watchRevocations } from './later-revocations.ts';
import { type JudgingContext, judgeCommit } from './outcome.ts';
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
import type { SummaryStart } from './summary-start.ts';

export interface PolicyPlan extends Plan {
  readonly graph: Graph | undefined;
  /** The start that a verification summary proves. */
  readonly start?: SummaryStart | undefined;
  /** Why no summary was a start. */
  readonly noStart?: string | undefined;
  readonly close: () => Promise<void>;
}

/** The revisions of a run, as the caller names them. */
export interface RunRevisions {
  readonly revisions: readonly string[];
  /** Names on standard input, one a line. They replace `revisions`. */
  readonly lines?: AsyncIterable<string>;
  /** The URI of the repository, if a verification summary may be the start. */
  readonly uri?: string | undefined;
}

/** Checks that the ref is known if a rule depends on it. @throws UsageError if it is not */
export function needRef({ judge }: VerifySetup): void {
  if (judge.ref === undefined) refuseWithoutRef(judge.policy);
}

/** Returns what notes the changes of the policy, or undefined if no policy of the repository is watched. */
export function watchOf(
  { choice, judge, repository }: VerifySetup,
  judging: JudgingContext,
): PlanSettings['watch'] {
  const { blobs, startBlob, since, policy } = choice;
  if (blobs === undefined) return undefined;
  if (policy === undefined) return undefined;
  const isVerified = async (request: ObjectRequest): Promise<boolean> =>
    (await judgeCommit(request, judging))?.status === 'verified';
  const requests: RevocationWatch['requests'] = (walk, passes) =>
    startBlob === undefined || since === undefined
      ? watchChanges(walk(), blobs)
      : watchParents(walk(), {
          ...{ blobs, passes, start: { policy, blob: startBlob } },
          hasRef: judge.ref !== undefined,
          descends: (id) => isAncestor(repository, since, id),
        });
  return (walk) => watchRevocations(walk, { blobs, policy, requests, isVerified });
}

/** Returns ranges. With `--policy-from parents`, a single revision means all commits from the start to it. */
function rangesFrom(since: string, revisions: readonly string[]): readonly string[] {
  const all = revisions.length === 0 ? ['HEAD'] : revisions;
  return all.map((text) => (text.includes('..') ? text : `${since}..${text}`));
}

/** Plans the rules that need several commits, over these ranges. `graph` is undefined if the policy has none. */
export async function planTogether(
  setup: VerifySetup,
  judging: JudgingContext,
  ranges: readonly Pick<ProvedRange, 'line'>[],
): Promise<Pick<PolicyPlan, 'graph' | 'close'>> {
  const nothing = { graph: undefined, close: async (): Promise<void> => undefined };
  if (orderOf(setup) === 'newest-first') return nothing;
  const landings = ranges.flatMap(({ line }) => [...line]);
  return graphOf(setup, judging, new Set(landings));
}

function orderOf({ choice, judge }: VerifySetup): PlanSettings['order'] {
  const all = choice.startBlob !== undefined || asksAboutGraph(judge.policy);
  return all ? 'parents-first' : 'newest-first';
}

/** Plans one proved range. If a start cuts it, the shorter range is proved again. @throws UsageError */
export async function planRange(
  range: Range & { readonly name: string; readonly proved: ProvedRange },
  setup: VerifySetup,
  judging: JudgingContext,
): Promise<Pick<PolicyPlan, 'requests' | 'graph' | 'close'>> {
  needRef(setup);
  const { repository, choice } = setup;
  const started = await startAt(repository, range, choice.since);
  const proved =
    started === range ? range.proved : await proveRange(repository, started, range.name);
  const settings = { order: orderOf(setup), watch: watchOf(setup, judging) };
  const requests = rangeRequests(proved, settings);
  return { requests, ...(await planTogether(setup, judging, [proved])) };
}

/** Plans a run. @throws UsageError for revisions that cannot be judged under this policy */
export async function planRun(
  asked: RunRevisions,
  setup: VerifySetup,
  judging: JudgingContext,
): Promise<PolicyPlan> {
  const { repository, choice } = setup;
  const { since, startBlob } = choice;
  const { revisions, lines, uri } = asked;
  needRef(setup);
  if (choice.summaries === true && uri !== undefined)
    return planFromSummary(asked, uri, setup, judging);
  const watch = watchOf(setup, judging);
  if (lines !== undefined) {
    if (startBlob !== undefined) {
      throw new UsageError('--policy-from parents judges ranges, not --stdin');
    }
    return { ...planLines(repository, lines, watch), ...(await planTogether(setup, judging, [])) };
  }
  const parents = startBlob !== undefined && since !== undefined;
  const wanted = parents ? rangesFrom(since, revisions) : revisions;
  const plan = await planRevisions(repository, wanted, { since, order: orderOf(setup), watch });
  return { ...plan, ...(await planTogether(setup, judging, plan.ranges)) };
}

/** Opens the approvals that this repository holds. */
export async function approvalsHere(
  { repository, pushed, repositoryUri }: VerifySetup,
  { context }: JudgingContext,
): Promise<TagApprovalSettings> {
  const { openApprovals } = await import('./approvals/known.ts');
  const { openStatements } = await import('../statements/store.ts');
  const { knownAddresses } = await import('./source-repository.ts');
  const known = openApprovals(openStatements(repository, pushed), context);
  return { repository, known, repositories: await knownAddresses(repository, repositoryUri) };
}

/** Opens the judge of approvals of landings. */
async function approvalsOf(
  setup: VerifySetup,
  judging: JudgingContext,
  merges: MergeTrees,
): Promise<ApprovalJudge> {
  const { createApprovalJudge } = await import('./approvals/judge.ts');
  const { crypto, judge } = setup;
  return createApprovalJudge({
    ...(await approvalsHere(setup, judging)),
    ...{ crypto, merges, ref: judge.ref },
    alone: (id) => judgeCommit({ id }, judging),
  });
}

/** Plans a run that a verification summary may shorten. @throws UsageError */
async function planFromSummary(
  { revisions, lines }: RunRevisions,
  uri: string,
  setup: VerifySetup,
  judging: JudgingContext,
): Promise<PolicyPlan> {
  if (lines !== undefined) throw new UsageError('--since vsa judges a range, not --stdin');
  const { startFromSummary } = await import('./summary-start.ts');
  const found = await startFromSummary(revisions, uri, setup, judging);
  const watch = watchOf(setup, judging);
  // the start descends from the policy's since, because its summary says so
  const since = found.start === undefined ? setup.choice.since : undefined;
  const settings = { since, order: orderOf(setup), watch };
  const plan = await planRevisions(setup.repository, found.revisions, settings);
  const together = await planTogether(setup, judging, plan.ranges);
  return { ...plan, ...together, start: found.start, noStart: found.why };
}

async function graphOf(
  setup: VerifySetup,
  judging: JudgingContext,
  landings: ReadonlySet<string>,
): Promise<Pick<PolicyPlan, 'close'> & { readonly graph: Graph }> {
  const { judge, repository, choice } = setup;
  const { openMergeTrees } = await import('../git/merge-tree.ts');
  const trees = openMergeTrees(repository);
  const alone = (id: string) => judgeCommit({ id }, judging);
  let approvals: Promise<ApprovalJudge> | undefined;
  const graph = createGraph({
    ...{ policy: judge.policy, ref: judge.ref, landings, mergeTree: trees.treeOf, alone },
    byParents: choice.startBlob !== undefined,
    approvals: () => {
      approvals ??= approvalsOf(setup, judging, trees);
      return approvals;
    },
    reached: (id, from) => isSurelyAncestor(repository, id, from),
  });
  return { graph, close: trees.close };
}
