/**
 * What a commit does to the policy itself (threats P04, P16). A change needs a signer who may change it and a larger
 * sequence; a removal, a policy that cannot be read and a step back are refused whoever signs. A merge may carry a
 * parent's policy over, but never an older one.
 */

import type { Subject } from '../core/policy/decide.ts';
import type { Finding, PolicyCode } from '../core/verdict.ts';
import type { PolicyBlobs } from './policy-blobs.ts';

/** What to tell the judge of the commit. */
export type Noted = Pick<Subject, 'changesPolicy' | 'noticed'>;

function refusal(code: PolicyCode, detail: string): Noted {
  return { noticed: [{ code, detail, severity: 'refusal' } satisfies Finding] };
}

/**
 * Compares a commit's policy with its parents', all by blob name; undefined where a tree has none.
 * Returns undefined when the commit leaves the policy as it was.
 */
export async function policyChange(
  own: string | undefined,
  parents: readonly (string | undefined)[],
  blobs: Pick<PolicyBlobs, 'policy'>,
): Promise<Noted | undefined> {
  const unchanged = parents.length > 0 && parents.every((parent) => parent === own);
  if (unchanged || (parents.length === 0 && own === undefined)) return undefined;
  if (own === undefined) return refusal('policy-removed', 'the policy is removed');
  const policy = await blobs.policy(own);
  if (policy === undefined) return refusal('policy-invalid', 'the policy cannot be read');
  const sequenceOf = async (blob: string | undefined): Promise<number> =>
    (blob === undefined ? undefined : (await blobs.policy(blob))?.sequence) ?? 0;
  const others = await Promise.all(parents.filter((blob) => blob !== own).map(sequenceOf));
  const highest = Math.max(0, ...others);
  const sequence = policy.sequence ?? 0;
  const carried = parents.includes(own);
  if (highest > 0 && (carried ? sequence < highest : sequence <= highest)) {
    const detail = `the policy goes back: its sequence is ${sequence}, it was ${highest}`;
    return refusal('policy-rolled-back', detail);
  }
  // what a parent brought was judged there; the first parent's policy stays unless another's is newer
  if (carried && (own === parents[0] || sequence > highest)) return undefined;
  return { changesPolicy: true };
}
