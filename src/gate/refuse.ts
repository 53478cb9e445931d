/** Refuses an outcome for a rule that needs more than one object. */

import type { Finding, Outcome, PolicyCode } from '../core/verdict.ts';

/** Adds a refusal to a verified outcome. Any other outcome stays as it is. */
export function withRefusal(outcome: Outcome, code: PolicyCode, detail: string): Outcome {
  if (outcome.status !== 'verified') return outcome;
  const { rule: _, ...evidence } = outcome;
  const finding: Finding = { code, detail, severity: 'refusal' };
  const findings = [...(outcome.findings ?? []), finding];
  const refused = { status: 'not-allowed', check: 'policy', code, detail, findings } as const;
  return { ...evidence, ...refused } as Outcome;
}
