/**
 * Opens what the rules that need several commits share in one run: git's own merges, the judge of carried commits, the
 * approvals. Nothing is opened if the policy has no such rule.
 */

import type { Outcome } from '../core/verdict.ts';
import { isSurelyAncestor } from '../git/merge-bases.ts';
import type { MergeTrees } from '../git/merge-tree.ts';
import type { ObjectRequest } from '../git/objects.ts';
import type { ProvedRange } from '../git/range-commits.ts';
import type { ApprovalJudge } from './approvals/judge.ts';
import type { TagApprovalSettings } from './approvals/tag.ts';
import type { CarriedSettings } from './carried/commits.ts';
import type { CarriedJudge } from './carried/judge.ts';
import { asksAboutGraph, createGraph, type Graph } from './graph.ts';
import { type JudgingContext, judgeCommit } from './outcome.ts';
import type { VerifySetup } from './setup.ts';

/** What these rules share in one run. */
export interface Together {
  readonly merges: MergeTrees;
  readonly carried: CarriedJudge;
  /** Commits on the own lines of the run's ranges. `graphOver` fills it. */
  readonly line: Set<string>;
}

/** The judge of a run's rules over several commits. It is undefined if the policy has none. */
export interface OpenedGraph {
  readonly graph: Graph | undefined;
  readonly close: () => Promise<void>;
}

/** How rules over several commits are opened. */
interface OpenSettings extends Pick<CarriedSettings, 'ordered'> {
  /** Merges that several questions share. The caller closes them. */
  readonly shared?: MergeTrees;
}

/** Opens what rules over several commits need. Returns undefined if the policy has none. `ordered`: commits come parents first. */
export async function openTogether(
  { judge, repository, choice }: VerifySetup,
  judging: JudgingContext,
  { ordered, shared }: OpenSettings = {},
): Promise<Together | undefined> {
  if (choice.startBlob === undefined && !asksAboutGraph(judge.policy)) return undefined;
  const { openMergeTrees } = await import('../git/merge-tree.ts');
  const { createCarried } = await import('./carried/judge.ts');
  const merges = shared ?? openMergeTrees(repository);
  const line = new Set<string>();
  const { policy, ref } = judge;
  const carried = createCarried({
    ...{ repository, policy, ref, merges, line, ordered, blobs: choice.blobs },
    judge: (request) => judgeCommit(request, judging),
  });
  return { merges, carried, line };
}

/** Judges a commit by its own signature and, if the policy has such rules, as carried. */
export async function judgeAlone(
  request: ObjectRequest,
  judging: JudgingContext,
  together: Together | undefined,
): Promise<Outcome | undefined> {
  const own = await judgeCommit(request, judging);
  return own === undefined || together === undefined ? own : together.carried(request, own);
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
export async function approvalJudge(
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

/** Returns the judge of the rules that need several commits, over these ranges. */
export function graphOver(
  together: Together | undefined,
  setup: VerifySetup,
  judging: JudgingContext,
  ranges: readonly Pick<ProvedRange, 'line'>[],
): OpenedGraph {
  if (together === undefined) return { graph: undefined, close: async () => undefined };
  const { judge, repository, choice } = setup;
  const { merges, carried, line } = together;
  for (const range of ranges) for (const id of range.line()) line.add(id);
  let approvals: Promise<ApprovalJudge> | undefined;
  const graph = createGraph({
    ...{ policy: judge.policy, ref: judge.ref, landings: line, mergeTree: merges.treeOf, carried },
    byParents: choice.startBlob !== undefined,
    alone: (id) => judgeAlone({ id }, judging, together),
    approvals: () => {
      approvals ??= approvalJudge(setup, judging, merges);
      return approvals;
    },
    reached: (id, from) => isSurelyAncestor(repository, id, from),
  });
  return { graph, close: merges.close };
}

/** Opens the rules that need several commits, for objects that are judged alone. */
export async function openSingles(
  setup: VerifySetup,
  judging: JudgingContext,
): Promise<OpenedGraph> {
  return graphOver(await openTogether(setup, judging), setup, judging, []);
}
