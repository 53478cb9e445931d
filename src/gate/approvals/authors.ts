/** Tells who the authors of a change are, so that their own approval does not count. */

import type { Authors } from '../../core/policy/approvals.ts';
import type { Carried, IdentityPolicy, Outcome, Signer } from '../../core/verdict.ts';
import type { GitRepository } from '../../git/repository.ts';
import { personOf } from '../person.ts';
import { statedCommits } from '../stated-commit.ts';

/** Most outcomes in memory. */
const MAX_KEPT = 20_000;

/** Returns the signer whose signature an outcome proves. */
function provedSigner(outcome: Outcome | undefined): Signer | undefined {
  return outcome !== undefined && 'signer' in outcome ? outcome.signer : undefined;
}

/** Returns what a commit carries, if it passes for that. */
export function carriedIn(outcome: Outcome | undefined): Carried | undefined {
  return outcome !== undefined && 'carried' in outcome ? outcome.carried : undefined;
}

/** Returns what outcomes say about authors. */
export function authorsIn(
  policy: IdentityPolicy,
  outcomes: readonly (Outcome | undefined)[],
  addresses: readonly string[],
): Authors {
  return {
    signers: outcomes.flatMap((outcome) => provedSigner(outcome) ?? []),
    names: outcomes.flatMap((outcome) => personOf(policy, outcome) ?? []),
    addresses,
  };
}

/** Returns the authors of commits. `judged` holds the outcomes that are known. */
export type FindAuthors = (
  policy: IdentityPolicy,
  ids: readonly string[],
  judged: ReadonlyMap<string, Outcome | undefined>,
) => Promise<Authors>;

/** Returns the finder of one run. `alone` judges a commit whose outcome is not known. */
export function openAuthors(
  repository: GitRepository,
  alone: (id: string) => Promise<Outcome | undefined>,
): FindAuthors {
  const kept = new Map<string, Outcome | undefined>();
  const outcomeOf = async (id: string): Promise<Outcome | undefined> => {
    if (kept.has(id)) return kept.get(id);
    const outcome = await alone(id);
    if (kept.size >= MAX_KEPT) kept.clear();
    kept.set(id, outcome);
    return outcome;
  };
  return async (policy, ids, judged) => {
    const outcomes: (Outcome | undefined)[] = [];
    const all = new Set(ids);
    // a set also yields what is added meanwhile: the commits that a carried commit holds
    for (const id of all) {
      const outcome = judged.has(id) ? judged.get(id) : await outcomeOf(id);
      outcomes.push(outcome);
      for (const held of carriedIn(outcome)?.commits ?? []) all.add(held);
    }
    const commits = await statedCommits(repository, [...all]);
    const addresses = commits.flatMap((commit) => commit?.addresses ?? []);
    return authorsIn(policy, outcomes, [...new Set(addresses)]);
  };
}
