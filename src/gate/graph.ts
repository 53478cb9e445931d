/**
 * Rules of a policy that need more than one commit. The parents of a merge must pass, a merge must add nothing of its
 * own, or a change that lands on a ref must have several signers. Commits come parents first. The run remembers commits
 * that failed and commits that have not landed yet. In a healthy history both are few.
 */

import { commitHeader } from '../core/git/header.ts';
import { type ApprovalsDue, asking } from '../core/policy/approvals.ts';
import { governing } from '../core/policy/decide.ts';
import type { IdentityPolicy, ObjectRule } from '../core/policy/model.ts';
import type { Outcome } from '../core/verdict.ts';
import type { ObjectRequest } from '../git/objects.ts';
import type { ApprovalJudge } from './approvals/judge.ts';
import type { CarriedJudge } from './carried/judge.ts';
import { peopleOf } from './person.ts';
import { withRefusal } from './refuse.ts';

export interface GraphSettings {
  readonly policy: IdentityPolicy | undefined;
  readonly ref: string | undefined;
  /** True if the policies in each commit's parents judge it. They may differ from commit to commit. */
  readonly byParents: boolean;
  /** Commits on the ref's own line. They are reached from the tips along first parents. */
  readonly landings: ReadonlySet<string>;
  /** Judges a commit that is not part of the run. */
  readonly alone: (id: string) => Promise<Outcome | undefined>;
  /** Tells whether one commit is reached from another. The signer of an older commit does not sign for a new landing. */
  readonly reached: (id: string, from: string) => Promise<boolean>;
  /** Returns the tree that git's own merge of two commits makes, or undefined if they conflict. */
  readonly mergeTree: (first: string, second: string) => Promise<string | undefined>;
  /** Returns the judge of approvals. It is asked for only if a rule needs it. */
  readonly approvals: () => Promise<ApprovalJudge>;
  /** Judges commits that a forge made. Absent if no policy can have rules for them. */
  readonly carried?: CarriedJudge | undefined;
}

export interface GraphCommit extends Pick<ObjectRequest, 'policies' | 'noted'> {
  readonly id: string;
  readonly raw: Uint8Array;
  /** The caller asked for this commit alone, so its parents are not part of the run. */
  readonly single: boolean;
}

export type Graph = (commit: GraphCommit, outcome: Outcome) => Promise<Outcome>;

function asksAboutLandings({
  distinctSigners,
  approvals,
}: Pick<ObjectRule, 'distinctSigners' | 'approvals'>): boolean {
  return distinctSigners > 1 || approvals !== undefined;
}

/** Returns true if a rule of the policy needs more than one commit. */
export function asksAboutGraph(policy: IdentityPolicy | undefined): boolean {
  return (policy?.commits ?? []).some(
    ({ merges, carried, ...rule }) =>
      merges !== 'any' || carried !== undefined || asksAboutLandings(rule),
  );
}

function countsPeople(policy: IdentityPolicy | undefined): boolean {
  return (policy?.commits ?? []).some(asksAboutLandings);
}

interface Waiting {
  readonly parents: readonly string[];
  readonly outcome: Outcome;
}

/** Returns the outcomes of all commits that a landing brings. Those commits have then landed too. */
async function outcomesBrought(
  parents: readonly string[],
  waiting: Map<string, Waiting>,
  alone: ((id: string) => Promise<Outcome | undefined>) | undefined,
): Promise<ReadonlyMap<string, Outcome | undefined>> {
  const outcomes = new Map<string, Outcome | undefined>();
  const queue = [...new Set(parents.slice(1))];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const commit = waiting.get(id);
    const outcome = commit === undefined ? await alone?.(id) : commit.outcome;
    if (commit !== undefined || outcome !== undefined) outcomes.set(id, outcome);
    if (commit === undefined) continue;
    waiting.delete(id);
    for (const parent of commit.parents) queue.push(parent);
  }
  return outcomes;
}

/** The settings and the state of a run. */
interface GraphRun extends GraphSettings {
  readonly failed: Set<string>;
  readonly waiting: Map<string, Waiting>;
}

async function judgeMerge(
  { raw, single }: GraphCommit,
  merges: ObjectRule['merges'],
  outcome: Outcome,
  { failed, alone, mergeTree }: GraphRun,
): Promise<Outcome> {
  const { parents = [], tree } = commitHeader(raw) ?? {};
  if (merges === 'any' || parents.length < 2) return outcome;
  // an unverified commit may name parents by the hundred thousand, so none of them is judged for it (threat I05)
  if (outcome.status !== 'verified') return outcome;
  for (const parent of new Set(parents)) {
    const fails = failed.has(parent) || (single && (await alone(parent))?.status !== 'verified');
    if (!fails) continue;
    const detail = `it merges ${parent.slice(0, 7)}, and that commit does not pass`;
    return withRefusal(outcome, 'merge-parent-not-verified', detail);
  }
  if (merges === 'passing') return outcome;
  const [first = '', second = '', third] = parents;
  const made = third === undefined ? await mergeTree(first, second) : undefined;
  if (made !== undefined && made === tree) return outcome;
  const detail = 'its tree differs from the one that git makes when it merges these parents';
  return withRefusal(outcome, 'merge-not-clean', detail);
}

/** A policy that judges a landing, the number of signers that it asks for, and its rules that ask for approvals. */
interface Due extends ApprovalsDue {
  readonly signers: number;
}

async function judgeLanding(
  { id, raw, single, noted }: GraphCommit,
  due: readonly Due[],
  outcome: Outcome,
  { waiting, landings, alone, reached, approvals }: GraphRun,
): Promise<Outcome> {
  const parents = commitHeader(raw)?.parents ?? [];
  if (!single && !landings.has(id)) {
    waiting.set(id, { parents, outcome });
    return outcome;
  }
  const [first = ''] = parents;
  const brought = async (parent: string): Promise<Outcome | undefined> =>
    (await reached(parent, first)) ? undefined : alone(parent);
  const counts = due.some(({ signers }) => signers > 1);
  const asks = single && outcome.status === 'verified' && counts;
  const outcomes = await outcomesBrought(parents, waiting, asks ? brought : undefined);
  for (const { policy, signers } of due) {
    const all = [outcome, ...outcomes.values()];
    const people = new Set(all.flatMap((each) => peopleOf(policy, each)));
    if (people.size >= signers) continue;
    const detail = `${people.size} of ${signers} required signers: a change that lands here needs ${signers}`;
    return withRefusal(outcome, 'too-few-signers', detail);
  }
  const wanted = due.filter(({ rules }) => rules.length > 0);
  if (wanted.length === 0 || outcome.status !== 'verified') return outcome;
  const judge = await approvals();
  const landed = single ? { line: new Set([id]) } : { line: landings, brought: outcomes };
  return judge({ id, ...landed, revoked: noted?.revoked }, wanted, outcome);
}

/** Returns the judge of these rules for one run. */
export function createGraph(settings: GraphSettings): Graph {
  const { policy, ref, byParents, landings } = settings;
  const run: GraphRun = { ...settings, failed: new Set(), waiting: new Map() };
  const everywhere = policy === undefined ? [] : [policy];
  const counts = landings.size > 0 && (byParents || countsPeople(policy));
  return async (commit, outcome) => {
    const under = (commit.policies ?? everywhere).map((each) => ({
      policy: each,
      rules: governing(each, { type: 'commit', ref }, undefined),
    }));
    let result = (await settings.carried?.(commit, outcome)) ?? outcome;
    for (const merges of new Set(under.flatMap(({ rules }) => rules.map((rule) => rule.merges)))) {
      result = await judgeMerge(commit, merges, result, run);
    }
    const due = under.flatMap(({ policy: each, rules }) => {
      const signers = Math.max(1, ...rules.map(({ distinctSigners }) => distinctSigners));
      const asked = asking(rules);
      return signers > 1 || asked.length > 0 ? [{ policy: each, signers, rules: asked }] : [];
    });
    // commits wait for their landing even if no policy counts yet, because the policy of the landing may count them
    if (counts || due.length > 0) {
      result = await judgeLanding(commit, due, result, run);
    }
    if (result.status !== 'verified') run.failed.add(commit.id);
    return result;
  };
}
