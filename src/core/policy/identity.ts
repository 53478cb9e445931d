/**
 * Whether a signer meets a rule. Comparison is byte for byte: no case, Unicode or plus-addressing is folded
 * (threat P12); patterns are anchored at both ends (CVE-2022-36056 and kin, threat P02).
 */

import type { IdentityPolicy, IdentityRule, Signer } from '../verdict.ts';

export type IdentityDecision =
  | { readonly allowed: true; readonly rule: string }
  | { readonly allowed: false; readonly detail: string };

/** A pattern meets nothing longer: a slow pattern must not hang on a value that a stranger chose (I05). */
const LONGEST_VALUE = 4096;

const compiled = new Map<string, RegExp>();

/** The pattern, anchored; throws SyntaxError when it is not one by itself (`a)|(b` would break out of the anchors). */
export function anchoredPattern(pattern: string): RegExp {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  new RegExp(pattern, 'su');
  // `s` and no `m`: a line break in a value must not let a suffix or prefix stand for the whole
  const anchored = new RegExp(`^(?:${pattern})$`, 'su');
  compiled.set(pattern, anchored);
  return anchored;
}

function matches(pattern: string, value: string): boolean {
  return value.length <= LONGEST_VALUE && anchoredPattern(pattern).test(value);
}

/** A rule binds an identity and an issuer, each exactly or by pattern; without either it allows nobody (P03). */
function binds(rule: IdentityRule): boolean {
  const identity = rule.identity ?? rule.identityPattern;
  const issuer = rule.issuer ?? rule.issuerPattern;
  return identity !== undefined && identity !== '' && issuer !== undefined && issuer !== '';
}

function meets(rule: IdentityRule, signer: Signer): boolean {
  const { identity, identityPattern, issuer, issuerPattern, extensions = {} } = rule;
  return (
    binds(rule) &&
    (identity === undefined || identity === signer.value) &&
    (identityPattern === undefined || matches(identityPattern, signer.value)) &&
    (issuer === undefined || issuer === signer.issuer) &&
    (issuerPattern === undefined || matches(issuerPattern, signer.issuer)) &&
    Object.entries(extensions).every(
      ([arc, value]) => Object.hasOwn(signer.extensions, arc) && signer.extensions[arc] === value,
    )
  );
}

/** The first rule that the signer meets, or why none allows him. */
export function decideIdentity(policy: IdentityPolicy, signer: Signer): IdentityDecision {
  const rule = policy.rules.find((candidate) => meets(candidate, signer));
  if (rule !== undefined) return { allowed: true, rule: rule.name };
  return { allowed: false, detail: `not a signer in ${policy.source}` };
}
