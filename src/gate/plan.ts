/**
 * Plans a run of `verify` by its policy: the order of the commits, whether changes of the policy are watched, and the
 * rules that need several commits. Without such rules the order is newest first, and the plan costs nothing more.
 */

import { UsageError } from '../errors.ts';
import type { ObjectRequest } from '../git/objects.ts';
import { isAncestor } from '../git/paths.ts';
import { type ProvedRange, proveRange, type Range } from '../git/range-commits.ts';
import { withAttestations } from './attestations.ts';
import { asksAboutGraph, type Graph } from './graph.ts';
import type { JudgingContext } from './outcome.ts';
import { type RevocationWatch, watchRevocations } from './policy/later-revocations.ts';
import { refuseWithoutRef, watchChanges, watchParents } from './policy/watch.ts';
import {
  type Plan,
  type PlanSettings,
  planLines,
  planRevisions,
  proveFrom,
  rangeRequests,
} from './revisions.ts';
import type { VerifySetup } from './setup.ts';
import type { SummaryStart } from './summaries/start.ts';
import { graphOver, judgeAlone, openTogether, type Together } from './together.ts';

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
  together?: Together,
): PlanSettings['watch'] {
  const { blobs, startBlob, since, policy } = choice;
  if (blobs === undefined) return undefined;
  if (policy === undefined) return undefined;
  const isVerified = async (request: ObjectRequest): Promise<boolean> =>
    (await judgeAlone(request, judging, together))?.status === 'verified';
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
  const { since } = choice;
  const proved =
    since === undefined ? range.proved : (await proveFrom(repository, range, since, proveRange))[1];
  const together = await openTogether(setup, judging);
  const settings = { order: orderOf(setup), watch: watchOf(setup, judging, together) };
  const requests = rangeRequests(proved, settings);
  const planned = graphOver(together, setup, judging, [proved]);
  return { requests, ...attested(planned, setup, judging, range.include) };
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
  const together = await openTogether(setup, judging);
  const watch = watchOf(setup, judging, together);
  if (lines !== undefined) {
    if (startBlob !== undefined) {
      throw new UsageError('--policy-from parents judges ranges, not --stdin');
    }
    const planned = graphOver(together, setup, judging, []);
    return { ...planLines(repository, lines, watch), ...attested(planned, setup, judging, []) };
  }
  const parents = startBlob !== undefined && since !== undefined;
  const wanted = parents ? rangesFrom(since, revisions) : revisions;
  const plan = await planRevisions(repository, wanted, { since, order: orderOf(setup), watch });
  const planned = graphOver(together, setup, judging, plan.ranges);
  const tips = plan.subjects.map(({ id }) => id);
  return { ...plan, ...attested(planned, setup, judging, tips) };
}

/** Adds the statements that the tips need, if a policy may ask for any. A commit that was asked for alone is a tip too. */
export function attested(
  planned: Pick<PolicyPlan, 'graph' | 'close'>,
  { judge, choice, statements }: VerifySetup,
  { context }: JudgingContext,
  tips: readonly string[],
): Pick<PolicyPlan, 'graph' | 'close'> {
  const { policy, ref } = judge;
  if (policy?.attestations === undefined && choice.startBlob === undefined) return planned;
  const asked = { policy, ref, tips: new Set(tips), store: statements, context };
  return { ...planned, graph: withAttestations(planned.graph, asked) };
}

/** Plans a run that a verification summary may shorten. @throws UsageError */
async function planFromSummary(
  { revisions, lines }: RunRevisions,
  uri: string,
  setup: VerifySetup,
  judging: JudgingContext,
): Promise<PolicyPlan> {
  if (lines !== undefined) throw new UsageError('--since vsa judges a range, not --stdin');
  const { startFromSummary } = await import('./summaries/start.ts');
  const found = await startFromSummary(revisions, uri, setup, judging);
  const together = await openTogether(setup, judging);
  const watch = watchOf(setup, judging, together);
  // the start descends from the policy's since, because its summary says so
  const since = found.start === undefined ? setup.choice.since : undefined;
  const settings = { since, order: orderOf(setup), watch };
  const plan = await planRevisions(setup.repository, found.revisions, settings);
  const tips = plan.subjects.map(({ id }) => id);
  const planned = graphOver(together, setup, judging, plan.ranges);
  const opened = attested(planned, setup, judging, tips);
  return { ...plan, ...opened, start: found.start, noStart: found.why };
}
