/** Tells whether a commit may be one that a forge made: which rules let it be carried, and whether its own signature decides. */

import { DEFAULT_RULE, governing } from '../../core/policy/decide.ts';
import type { CarriedRule, IdentityPolicy, ObjectRule } from '../../core/policy/model.ts';
import type { Outcome } from '../../core/verdict.ts';
import type { ObjectRequest } from '../../git/objects.ts';

/** Returns the rule of each policy that lets a commit on this ref be carried, or undefined if a policy has none. */
export function carriedRules(
  policies: readonly IdentityPolicy[],
  ref: string | undefined,
): readonly [CarriedRule, ...CarriedRule[]] | undefined {
  const rules: CarriedRule[] = [];
  for (const policy of policies) {
    const found = governing(policy, { type: 'commit', ref }, undefined).find(
      ({ carried }) => carried !== undefined,
    )?.carried;
    if (found === undefined) return undefined;
    rules.push(found);
  }
  const [first, ...others] = rules;
  return first === undefined ? undefined : [first, ...others];
}

/** Returns true if no signature of a listed signer decides, and none is wrong. */
function signsNothing(own: Outcome, policies: readonly IdentityPolicy[]): boolean {
  if (own.status === 'unsigned') return own.code === 'unsigned';
  if (own.status === 'not-allowed') {
    return own.code === 'identity-not-allowed' || own.code === 'key-not-pinned';
  }
  if (own.status !== 'undecided' || own.kind === undefined) return false;
  const { kind } = own;
  return policies.every(({ keys = [] }) => keys.every((key) => key.kind !== kind));
}

/** Returns the policy under which only the forge's signers may sign. */
function forgePolicy(policy: IdentityPolicy): IdentityPolicy {
  const rules = (policy.commits ?? []).map(({ label, on, carried }): ObjectRule => {
    const place = on === undefined ? { label } : { label, on };
    const by = carried?.by ?? [];
    return { ...DEFAULT_RULE, ...place, by, committer: 'ignore', author: 'ignore' };
  });
  return { ...policy, commits: rules };
}

/** A commit with its own outcome, and the rules that may let it be carried, one of each policy. */
export interface ForgeQuestion extends Pick<ObjectRequest, 'id' | 'noted'> {
  readonly own: Outcome;
  readonly policies: readonly IdentityPolicy[];
  readonly rules: readonly CarriedRule[];
}

/** Returns true if the rules accept the commit's own signature, or the lack of one, as a forge's. `judge` judges by policies. */
export async function isForgeCommit(
  { id, noted, own, policies, rules }: ForgeQuestion,
  judge: (request: ObjectRequest) => Promise<Outcome | undefined>,
): Promise<boolean> {
  if (own.status === 'verified') return false;
  const free = policies.filter((_, index) => rules[index]?.by === undefined);
  const asked = policies.filter((_, index) => rules[index]?.by !== undefined);
  if (free.length > 0 && !signsNothing(own, free)) return false;
  if (asked.length === 0) return true;
  const { revoked } = noted ?? {};
  const facts = revoked === undefined ? {} : { noted: { revoked } };
  const signed = await judge({ id, policies: asked.map(forgePolicy), ...facts });
  return signed?.status === 'verified';
}
