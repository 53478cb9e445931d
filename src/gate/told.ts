/**
 * Adds to the outcomes of a log what only other commits and statements tell: the head that a commit is carried from, and
 * who approved a commit. A log does not know what landed together, so it refuses nothing for missing approvals.
 */

import { asking } from '../core/policy/approvals.ts';
import { governing } from '../core/policy/decide.ts';
import type { Outcome } from '../core/verdict.ts';
import { UsageError } from '../errors.ts';
import { approvalsOf } from '../report/approvals.ts';
import { carriedRules } from './carried/forge-commit.ts';
import type { Graph } from './graph.ts';
import type { JudgingContext } from './outcome.ts';
import type { VerifySetup } from './setup.ts';
import { approvalJudge, openTogether } from './together.ts';

/** What tells more about the commits of one log. */
export interface OpenedTold {
  /** Returns the outcome with what else is known. It is undefined if the policy has no such rule for the ref. */
  readonly told: Graph | undefined;
  readonly close: () => Promise<void>;
}

/** Runs `work`. Returns `otherwise` if git or a shallow clone cannot answer. */
async function unlessGitFails(otherwise: Outcome, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    const known = error instanceof UsageError && /^(?:GIT_FAILED|SHALLOW_RANGE)$/.test(error.code);
    if (known) return otherwise;
    throw error;
  }
}

/** Opens what the policy's rules about carried commits and approvals need. */
export async function openTold(setup: VerifySetup, judging: JudgingContext): Promise<OpenedTold> {
  const { policy, ref } = setup.judge;
  const rules = policy && asking(governing(policy, { type: 'commit', ref }, undefined));
  const carries = policy !== undefined && carriedRules([policy], ref) !== undefined;
  const together =
    policy !== undefined && (carries || rules?.length)
      ? await openTogether(setup, judging, { ordered: false })
      : undefined;
  if (policy === undefined || rules === undefined || together === undefined) {
    return { told: undefined, close: async () => undefined };
  }
  const { carried, merges } = together;
  const judge = rules.length === 0 ? undefined : await approvalJudge(setup, judging, merges);
  const tell: Graph = async ({ id }, own) => {
    const outcome = await unlessGitFails(own, () => carried({ id }, own));
    if (judge === undefined || outcome.status !== 'verified') return outcome;
    return unlessGitFails(outcome, async () => {
      const judged = await judge({ id, line: new Set([id]) }, [{ policy, rules }], outcome);
      const approvals = approvalsOf(judged);
      return approvals.length === 0 ? outcome : { ...outcome, approvals };
    });
  };
  // one commit after the other, because the search for heads remembers what it tried
  let last: Promise<unknown> = Promise.resolve();
  const told: Graph = (commit, own) => {
    const next = last.then(() => tell(commit, own));
    last = next.catch(() => undefined);
    return next;
  };
  return { told, close: merges.close };
}
