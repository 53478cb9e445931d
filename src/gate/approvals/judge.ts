/**
 * Judges landings by the rules that ask for approvals. It is loaded on use, so a policy without such a rule costs nothing.
 * docs/policy.md says what counts (threats B1 to B12).
 */

import { type ApprovalsDue, isAuthor } from '../../core/policy/approvals.ts';
import type { Revocation } from '../../core/policy/model.ts';
import type { Outcome } from '../../core/verdict.ts';
import { proveRange } from '../../git/range-commits.ts';
import { type StatedCommit, statedCommit } from '../stated-commit.ts';
import { carriedIn, type FindAuthors, openAuthors } from './authors.ts';
import { ApprovalCount, approverOf, counted } from './count.ts';
import {
  type FittingApproval,
  type LandedSettings,
  type Landing,
  type OtherApproval,
  openLanded,
} from './landed.ts';

export interface ApprovalSettings extends LandedSettings {
  /** The ref that is judged, if it is known. */
  readonly ref: string | undefined;
  /** Addresses of this repository. Empty if none is known. */
  readonly repositories: readonly string[];
  /** Judges a commit by its own signature. */
  readonly alone: (id: string) => Promise<Outcome | undefined>;
}

/** A landing as the gate meets it. */
export interface LandedCommit {
  readonly id: string;
  /** Landings of the run. A commit that is judged alone is the only one. */
  readonly line: ReadonlySet<string>;
  /** The commits of the run that it brings, with their outcomes. Absent if it is judged alone. */
  readonly brought?: ReadonlyMap<string, Outcome | undefined>;
  /** Entries of `revoked` of later policies. */
  readonly revoked?: readonly Revocation[] | undefined;
}

/** Returns the outcome of a landing under all rules that ask. An outcome that is not verified stays as it is. */
export type ApprovalJudge = (
  landed: LandedCommit,
  due: readonly ApprovalsDue[],
  outcome: Outcome,
) => Promise<Outcome>;

/** Returns the commits whose people are the authors. git made the content of a merge and of a carried commit. */
function authored(
  landing: Landing,
  { how, approved, approval }: FittingApproval,
): readonly string[] {
  const byGit = how === 'merged' || landing.carried?.head === approval.commit;
  return [...new Set([...approved.ids, ...landing.brought, ...(byGit ? [] : [landing.id])])];
}

/** Returns what a commit brings that is judged alone: all that its other parents reach and its first parent does not. */
async function broughtAlone(
  repository: ApprovalSettings['repository'],
  { id, parents: [first, ...others] }: StatedCommit,
): Promise<readonly string[]> {
  if (first === undefined || others.length === 0) return [];
  const range = { include: others, exclude: [first], symmetric: false };
  const proved = await proveRange(repository, range, id.slice(0, 12));
  const commits = [...proved.walk('newest-first')].flat();
  return commits.map((each) => each.id);
}

/** Returns the judge of one run. */
export function createApprovalJudge(settings: ApprovalSettings): ApprovalJudge {
  const { repository, ref, repositories, alone } = settings;
  const find = openLanded(settings);
  const authorsOf: FindAuthors = openAuthors(repository, alone);

  return async ({ id, line, brought, revoked }, due, outcome) => {
    const commit = await statedCommit(repository, id);
    if (outcome.status !== 'verified' || commit === undefined) return outcome;
    const ids = brought?.keys() ?? (await broughtAlone(repository, commit));
    const landing = { ...commit, line, brought: [...ids], carried: carriedIn(outcome) };
    const judged = new Map([...(brought ?? []), [id, outcome] as const]);
    const tallies = due.flatMap(({ policy, rules }) =>
      rules.map((rule) => ({ policy, rule, tally: new ApprovalCount() })),
    );
    const weigh = async (each: FittingApproval | OtherApproval): Promise<void> => {
      for (const { policy, rule, tally } of tallies) {
        const approver = approverOf(each, { policy, rule, ref, repositories, revoked });
        if ('why' in approver) tally.leaveOut(each, approver.why);
        else if ('why' in each) tally.leaveOut(each, each.why);
        else {
          const { person } = approver;
          const own =
            rule.approvals.notAuthor &&
            isAuthor(
              policy,
              person,
              each.verdict.signer,
              await authorsOf(policy, authored(landing, each), judged),
            );
          if (own) tally.leaveOut(each, `${person} is an author`);
          else tally.add(counted(each, person, each.how));
        }
      }
    };
    for await (const group of find(landing)) {
      for (const each of group) await weigh(each);
      if (tallies.every(({ rule, tally }) => tally.counted.size >= rule.approvals.count)) break;
    }
    let result: Outcome = outcome;
    for (const { rule, tally } of tallies) {
      const wanted = rule.approvals.for ?? ref;
      const target = wanted === undefined ? 'for its ref' : `for ${wanted}`;
      result = tally.applied(result, rule.approvals, target);
    }
    return result;
  };
}
