/** Applies the `attestations` of a policy: to the commits that a ref gets, and to tags. Without such a rule nothing is read. */

import { fromUtf8Lossy } from '../core/bytes.ts';
import type { TagHeader } from '../core/git/header.ts';
import type { AttestationRule, IdentityPolicy } from '../core/policy/model.ts';
import { matchesRef } from '../core/policy/patterns.ts';
import type { Outcome } from '../core/verdict.ts';
import { missingStatement, type StatementSources } from '../statements/required.ts';
import type { Graph } from './graph.ts';
import { withRefusal } from './refuse.ts';

/** Returns the rules for a ref, or for a tag of that name. */
export function attestationsFor(
  policy: IdentityPolicy | undefined,
  of: AttestationRule['of'],
  name: string | undefined,
): readonly AttestationRule[] {
  const rules = policy?.attestations?.filter((rule) => rule.of === of) ?? [];
  if (name === undefined) return [];
  return rules.filter(({ on }) => on.some((pattern) => matchesRef(pattern, name)));
}

/** Commits that a ref gets, and what judges them. */
export interface AttestedCommits extends StatementSources {
  readonly policy: IdentityPolicy | undefined;
  readonly ref: string | undefined;
  /** The tips of ranges. A commit that was asked for alone is one too. */
  readonly tips: ReadonlySet<string>;
}

/** Returns a judge that applies `graph` first, and then the statements that a tip needs. */
export function withAttestations(graph: Graph | undefined, asked: AttestedCommits): Graph {
  const { policy, ref, tips } = asked;
  const everywhere = policy === undefined ? [] : [policy];
  return async (commit, outcome) => {
    const judged = graph === undefined ? outcome : await graph(commit, outcome);
    if (judged.status !== 'verified' || !(commit.single || tips.has(commit.id))) return judged;
    const later = commit.noted?.revoked;
    for (const own of commit.policies ?? everywhere) {
      const each =
        later === undefined ? own : { ...own, revoked: [...(own.revoked ?? []), ...later] };
      const rules = attestationsFor(each, 'commits', ref);
      const objects = [{ type: 'commit', id: commit.id }] as const;
      const problem = await missingStatement(rules, each, objects, asked);
      if (problem !== undefined) return withRefusal(judged, 'attestation-missing', problem);
    }
    return judged;
  };
}

/** Returns the outcome of a tag under the rules for its name. A statement about the tag or about its commit will do. */
export async function underTagAttestations(
  outcome: Outcome,
  tag: { readonly id: string; readonly fields: TagHeader },
  commit: string | undefined,
  { policy, ...sources }: StatementSources & { readonly policy: IdentityPolicy },
): Promise<Outcome> {
  const rules = attestationsFor(policy, 'tags', fromUtf8Lossy(tag.fields.name));
  if (rules.length === 0 || outcome.status !== 'verified') return outcome;
  const own = { type: 'tag', id: tag.id } as const;
  const objects = commit === undefined ? [own] : [own, { type: 'commit', id: commit } as const];
  const problem = await missingStatement(rules, policy, objects, sources);
  return problem === undefined ? outcome : withRefusal(outcome, 'attestation-missing', problem);
}
