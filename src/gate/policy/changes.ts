/**
 * Finds what a commit changes in the policy itself (threats P04, P16). A change needs a larger sequence, and a signer
 * that may change the policy. Removing the policy, breaking it, or going back to an older one is refused for every
 * signer. A merge may take over the policy of a parent, but never an older one.
 */

import type { NotedFacts } from '../../core/policy/decide.ts';
import { liftedRevocations } from '../../core/policy/revocations.ts';
import type { Finding, PolicyCode } from '../../core/verdict.ts';
import type { PolicyBlobs } from './blobs.ts';

/** The part of a commit's judgement that concerns the policy itself. */
export type Noted = NotedFacts;

function refusal(code: PolicyCode, detail: string): Noted {
  return { noticed: [{ code, detail, severity: 'refusal' } satisfies Finding] };
}

/**
 * Compares a commit's policy with its parents', all by blob hash. A tree without a policy is undefined.
 * Returns undefined if the commit leaves the policy as it was.
 */
export async function policyChange(
  own: string | undefined,
  parents: readonly (string | undefined)[],
  blobs: Pick<PolicyBlobs, 'policy'>,
): Promise<Noted | undefined> {
  const unchanged = parents.length > 0 && parents.every((parent) => parent === own);
  if (unchanged || (parents.length === 0 && own === undefined)) return undefined;
  if (own === undefined) return refusal('policy-removed', 'it removes the policy');
  const policy = await blobs.policy(own);
  if (policy === undefined) return refusal('policy-invalid', 'the policy in it is not valid');
  const others = await Promise.all(
    parents
      .filter((blob) => blob !== own)
      .map((blob) => (blob === undefined ? undefined : blobs.policy(blob))),
  );
  const highest = Math.max(0, ...others.map((other) => other?.sequence ?? 0));
  const sequence = policy.sequence ?? 0;
  const lifts = others.flatMap((other) => liftedRevocations(other?.revoked, policy.revoked));
  if (lifts.length > 0 && sequence <= highest) {
    const detail = `it takes back what the policy revokes, and its sequence is not larger: ${sequence}`;
    return refusal('policy-rolled-back', detail);
  }
  const carried = parents.includes(own);
  if (highest > 0 && (carried ? sequence < highest : sequence <= highest)) {
    const detail = `the policy goes back: its sequence is ${sequence}, and it was ${highest}`;
    return refusal('policy-rolled-back', detail);
  }
  // a parent's policy was judged at that parent, and the first parent's stays unless another parent's is newer
  if (carried && (own === parents[0] || sequence > highest)) return undefined;
  return lifts.length === 0 ? { changesPolicy: true } : { changesPolicy: true, lifts };
}
