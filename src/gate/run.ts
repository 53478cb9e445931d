/** Judges a planned run. Workers judge the objects, and the main thread settles what it alone can ask for. */

import type { Output } from '../report/formats.ts';
import type { Counts } from '../report/judged.ts';
import { verifyContext } from './judge.ts';
import type { JudgingContext } from './outcome.ts';
import type { PolicyPlan } from './plan.ts';
import { type JudgedRun, judgeObjects } from './range.ts';
import { settle } from './settle.ts';
import type { VerifySetup } from './setup.ts';
import type { TagContext } from './tag-chain.ts';
import { approvalsHere, openSingles } from './together.ts';

/** Returns the context for single objects of a run. */
export function judgingContext(setup: VerifySetup): JudgingContext {
  const { repository, crypto, judge, log, keys } = setup;
  return { repository, crypto, log, keys, context: verifyContext(judge, crypto) };
}

/** Returns the context for tags. It judges merges too, because a merge may be tagged. */
export async function tagContext(setup: VerifySetup): Promise<TagContext> {
  const judging = judgingContext(setup);
  const together = await openSingles(setup, judging);
  const approvals = () => approvalsHere(setup, judging);
  return { ...judging, ...together, approvals, statements: setup.statements };
}

/** Judges all objects of a plan and returns the counts. */
export function judgePlan(
  { requests, graph }: Pick<PolicyPlan, 'requests' | 'graph'>,
  { repository, crypto, judge }: VerifySetup,
  judging: JudgingContext,
  how: { readonly output: Output } & Pick<JudgedRun, 'jobs' | 'onResult' | 'proofs' | 'judge'>,
): Promise<Counts> {
  const { jobs, output, onResult, proofs } = how;
  const keep = { keepOutcomes: graph !== undefined, keepProofs: proofs !== undefined };

  return judgeObjects({
    ...{ repository, requests, crypto, jobs, onResult, proofs, judge: how.judge },
    settings: { ...judge, output, ...keep },
    settle: (batch, judged) => settle(batch, judged, { judging, output, graph }),
  });
}
