/** Whether a signer meets a rule. Comparison is byte for byte; patterns are anchored at both ends. */

import type { IdentityPolicy, IdentityRule, Signer } from '../verdict.ts';

export type IdentityDecision =
  | { readonly allowed: true; readonly rule: string }
  | { readonly allowed: false; readonly detail: string };

function matches(pattern: string, value: string): boolean {
  // `s` and no `m`: a line break in a value must not let a suffix or prefix stand for the whole (threats P02)
  return new RegExp(`^(?:${pattern})$`, 'su').test(value);
}

function meets(rule: IdentityRule, signer: Signer): boolean {
  const { identity, identityPattern, issuer, issuerPattern, extensions = {} } = rule;
  return (
    (identity === undefined || identity === signer.value) &&
    (identityPattern === undefined || matches(identityPattern, signer.value)) &&
    (issuer === undefined || issuer === signer.issuer) &&
    (issuerPattern === undefined || matches(issuerPattern, signer.issuer)) &&
    Object.entries(extensions).every(([arc, value]) => signer.extensions[arc] === value)
  );
}

/** The first rule that the signer meets, or why none allows him. */
export function decideIdentity(policy: IdentityPolicy, signer: Signer): IdentityDecision {
  const rule = policy.rules.find((candidate) => meets(candidate, signer));
  if (rule !== undefined) return { allowed: true, rule: rule.name };
  return { allowed: false, detail: `not a signer in ${policy.source}` };
}
