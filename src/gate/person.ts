/**
 * Tells who signed, for rules that count signers. A person is the `name` of the first entry of the policy that fits the
 * signature, whatever its dates and whatever rule allowed it. So an account that two entries fit is one person, and two
 * accounts under one name are one person (threats V1, V2).
 */

import { meets } from '../core/policy/identity.ts';
import type { IdentityPolicy, Outcome, Signer } from '../core/verdict.ts';

function personBy(
  policy: IdentityPolicy,
  { signer, key }: { readonly signer: Signer; readonly key?: string | undefined },
): string | undefined {
  if (key !== undefined) return policy.keys?.find((each) => each.key === key)?.name;
  return policy.rules.find((rule) => meets(rule, signer))?.name;
}

/** Returns the person who made a verified signature, or undefined for any other outcome or a signer that the policy does not name. */
export function personOf(policy: IdentityPolicy, outcome: Outcome | undefined): string | undefined {
  if (outcome?.status !== 'verified' || 'carried' in outcome) return undefined;
  return personBy(policy, outcome);
}

/** Returns the people who signed a verified object. For a carried commit these are the signers of the commits that it holds. */
export function peopleOf(policy: IdentityPolicy, outcome: Outcome | undefined): readonly string[] {
  if (outcome?.status !== 'verified') return [];
  const signers = 'carried' in outcome ? outcome.carried.signers : [outcome];
  return signers.flatMap((each) => personBy(policy, each) ?? []);
}
