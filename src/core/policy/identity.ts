/**
 * Whether a signer meets a rule. Comparison is byte for byte: no case, Unicode or plus-addressing is folded
 * (threat P12); patterns are anchored at both ends (threat P02).
 */

import type { Signer } from '../verdict.ts';
import type { IdentityRule, Validity } from './model.ts';
import { matchesWhole } from './patterns.ts';
import { meetsWorkflow } from './workflow.ts';

/** A rule binds an identity and an issuer, each exactly or by pattern; without either it allows nobody (P03). */
function binds(rule: IdentityRule): boolean {
  const identity = rule.identity ?? rule.identityPattern ?? rule.workflow?.repository;
  const issuer = rule.issuer ?? rule.issuerPattern;
  return identity !== undefined && identity !== '' && issuer !== undefined && issuer !== '';
}

/** True when the rule is about this signer, whatever the time. */
export function meets(rule: IdentityRule, signer: Signer): boolean {
  const { identity, identityPattern, issuer, issuerPattern, extensions = {} } = rule;
  return (
    binds(rule) &&
    (rule.kind === undefined || rule.kind === signer.kind) &&
    (identity === undefined || identity === signer.value) &&
    (identityPattern === undefined || matchesWhole(identityPattern, signer.value)) &&
    (issuer === undefined || issuer === signer.issuer) &&
    (issuerPattern === undefined || matchesWhole(issuerPattern, signer.issuer)) &&
    (rule.workflow === undefined || meetsWorkflow(rule.workflow, signer)) &&
    Object.entries(extensions).every(
      ([arc, value]) => Object.hasOwn(signer.extensions, arc) && signer.extensions[arc] === value,
    )
  );
}

/** True when all these times (Unix seconds) lie within a signer's dates, bounds included. */
export function inForce({ from, until }: Validity, times: readonly number[]): boolean {
  return times.every(
    (time) => (from === undefined || time >= from) && (until === undefined || time <= until),
  );
}
