/**
 * Tells who signed, for rules that count signers. A person is the `name` of the first entry of the policy that fits the
 * signature, whatever its dates and whatever rule allowed it. So an account that two entries fit is one person, and two
 * accounts under one name are one person (threats V1, V2).
 */

import { meets } from '../core/policy/identity.ts';
import type { IdentityPolicy, Outcome } from '../core/verdict.ts';

/** Returns the person who made a verified signature, or undefined for any other outcome or a signer that the policy does not name. */
export function personOf(policy: IdentityPolicy, outcome: Outcome | undefined): string | undefined {
  if (outcome?.status !== 'verified') return undefined;
  if ('kind' in outcome) return policy.keys?.find(({ key }) => key === outcome.key)?.name;
  const { signer } = outcome;
  return policy.rules.find((rule) => meets(rule, signer))?.name;
}
