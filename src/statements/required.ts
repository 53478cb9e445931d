/** Tells whether the statements that a policy asks for are there. One good statement by a named signer is enough for a rule. */

import type { EvidenceContext } from '../core/evidence.ts';
import type { AttestationRule, IdentityPolicy } from '../core/policy/model.ts';
import { readyTypeOf } from '../core/statement/ready-types.ts';
import { type AboutObject, claimedType, type JudgedStatement, judgeStatement } from './judge.ts';
import type { StatementStore } from './store.ts';

/** Where statements are, and how they are verified. */
export interface StatementSources {
  readonly store: Pick<StatementStore, 'about'>;
  readonly context: EvidenceContext;
}

/** Returns why a statement does not count for the rule, or undefined if it does. The rule's type was compared before. */
export function whyNotCounted(
  { by, type }: Pick<AttestationRule, 'by' | 'type'>,
  { verdict, statement, signers }: JudgedStatement,
): string | undefined {
  if (verdict.status !== 'verified') return verdict.detail;
  if (statement?.predicateType !== type) return `it is of the type ${statement?.predicateType}`;
  if (by !== undefined && !signers.some((name) => by.includes(name))) {
    return `${signers.join(', ')} may not make such a statement`;
  }
  const { passes } = readyTypeOf(type) ?? {};
  return passes?.(statement.predicate) === false ? 'its predicate does not say yes' : undefined;
}

/** Returns undefined if a statement about one of these objects counts for the rule, or else what is missing. */
async function missing(
  rule: AttestationRule,
  policy: IdentityPolicy,
  objects: readonly AboutObject[],
  { store, context }: StatementSources,
): Promise<string | undefined> {
  let nearest: string | undefined;
  for (const object of objects) {
    const { statements } = await store.about(object.id);
    for (const stored of statements) {
      // a look at the type is cheaper than the evidence, and the type is compared again behind the evidence
      if (claimedType(stored) !== rule.type) continue;
      const why = whyNotCounted(rule, await judgeStatement(stored, object, context, policy));
      if (why === undefined) return undefined;
      nearest ??= why;
    }
  }
  const found = nearest === undefined ? '' : ` (${nearest})`;
  return `${rule.label} asks for a statement of the type ${rule.type}, and none counts${found}`;
}

/** Returns what is missing under the first of these rules that no statement fulfils, or undefined. @throws UsageError OBJECT_CORRUPT, GIT_FAILED */
export async function missingStatement(
  rules: readonly AttestationRule[],
  policy: IdentityPolicy,
  objects: readonly AboutObject[],
  sources: StatementSources,
): Promise<string | undefined> {
  for (const rule of rules) {
    const problem = await missing(rule, policy, objects, sources);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
