/** Decides about signed pushes: which refs need one, and whether the signer of a push may move a ref. */

import { type Decision, decide, governing, type Party, signersOf } from './decide.ts';
import { inForce } from './identity.ts';
import type { IdentityPolicy } from './model.ts';
import { matchesRef } from './patterns.ts';

const TAGS = 'refs/tags/';

/** Returns true if the policy asks for a signed push of this ref. `ref` is a full name. */
export function asksForSignedPush({ push }: IdentityPolicy, ref: string): boolean {
  if (push === undefined) return false;
  return push.refs === undefined || push.refs.some((pattern) => matchesRef(pattern, ref));
}

/**
 * Decides whether the signer of a push may move a ref. The signer may move a branch if the rule for its commits lets the
 * signer sign there, and a tag if the rule for its name does. That holds for deleted and forced refs too.
 */
export function decidePush(
  policy: IdentityPolicy,
  party: Party,
  { payload, ref }: { readonly payload: Uint8Array; readonly ref: string },
): Decision {
  const decision = decide(policy, party, { type: undefined, payload });
  if (!decision.allowed) return decision;
  const entitled = signersOf(policy, party).filter((rule) => inForce(rule, party.times));
  const tag = ref.startsWith(TAGS) ? ref.slice(TAGS.length) : undefined;
  const type = tag === undefined ? 'commit' : 'tag';
  const [rule] = governing(policy, { type, ref }, tag);
  const chosen = entitled.find(({ name }) => rule?.by === undefined || rule.by.includes(name));
  if (chosen !== undefined) return { ...decision, rule: chosen.name };
  const names = entitled.map(({ name }) => name).join(', ');
  const detail = `${names} may not push to ${ref} (${rule?.label})`;
  return { allowed: false, code: 'role-not-allowed', detail, findings: [] };
}
