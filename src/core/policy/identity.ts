/**
 * Matches a signer with a rule. Texts are compared byte for byte, without folding of case, Unicode or plus-addressing
 * (threat P12). Patterns are anchored at both ends (threat P02).
 */

import type { Signer } from '../verdict.ts';
import type { IdentityRule, Validity } from './model.ts';
import { matchesWhole } from './patterns.ts';
import { meetsWorkflow } from './workflow.ts';

/** Returns true if a rule names identity and issuer, each exactly or by pattern. Otherwise it allows no signer (threat P03). */
function binds(rule: IdentityRule): boolean {
  const identity = rule.identity ?? rule.identityPattern ?? rule.workflow?.repository;
  const issuer = rule.issuer ?? rule.issuerPattern;
  return identity !== undefined && identity !== '' && issuer !== undefined && issuer !== '';
}

/** Returns the reason why a rule does not match this signer, whatever the time, or undefined if it matches. */
export function whyNot(rule: IdentityRule, signer: Signer): string | undefined {
  const { identity, identityPattern, issuer, issuerPattern, extensions = {} } = rule;
  if (!binds(rule)) return 'the rule lacks identity or issuer';
  if (rule.kind !== undefined && rule.kind !== signer.kind) return `it is not of kind ${rule.kind}`;
  if (identity !== undefined && identity !== signer.value) return 'another identity';
  if (identityPattern !== undefined && !matchesWhole(identityPattern, signer.value)) {
    return 'the pattern does not match';
  }
  if (issuer !== undefined && issuer !== signer.issuer) return 'another issuer';
  if (issuerPattern !== undefined && !matchesWhole(issuerPattern, signer.issuer)) {
    return "the issuer's pattern does not match";
  }
  if (rule.workflow !== undefined && !meetsWorkflow(rule.workflow, signer)) {
    return 'it is another workflow';
  }
  const extended = Object.entries(extensions).every(
    ([arc, value]) => Object.hasOwn(signer.extensions, arc) && signer.extensions[arc] === value,
  );
  return extended ? undefined : 'an extension differs';
}

/** Returns true if the rule matches this signer, whatever the time. */
export function meets(rule: IdentityRule, signer: Signer): boolean {
  return whyNot(rule, signer) === undefined;
}

/** Returns true if all these times (Unix seconds) lie within a signer's dates, bounds included. */
export function inForce({ from, until }: Validity, times: readonly number[]): boolean {
  return times.every(
    (time) => (from === undefined || time >= from) && (until === undefined || time <= until),
  );
}
