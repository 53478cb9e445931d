/** Judges signed verification summaries: their evidence, their signer under the policy, and what they say. */

import type { EvidenceContext } from '../../core/evidence.ts';
import type { IdentityPolicy } from '../../core/policy/model.ts';
import { statementSigner } from '../../core/policy/statement-signer.ts';
import { notAllowed, rejected } from '../../core/rejection.ts';
import { claimedStatement } from '../../core/statement/claimed.ts';
import { readSourceVsa, type SourceVsa, VSA_TYPE } from '../../core/statement/source-vsa.ts';
import { verifyStatement } from '../../core/statement/verify.ts';
import { type NotAllowed, Refusal, type Rejected, type Verified } from '../../core/verdict.ts';

/** A summary by a signer that counts. */
export interface GoodSummary {
  readonly vsa: SourceVsa;
  readonly evidence: Verified;
  /** Names of the policy's signers that signed it. Empty if any signer counts. */
  readonly names: readonly string[];
  /** Earliest and latest proven time, in Unix seconds. */
  readonly first: number;
  readonly last: number;
}

/** A summary that does not count, and why. */
export type BadSummary = Rejected | NotAllowed;

/** Whose summaries count. */
export interface SummaryJudge {
  readonly context: EvidenceContext;
  /** If undefined, every signer counts. */
  readonly policy: IdentityPolicy | undefined;
}

/** Returns true if a bundle claims to hold a summary. Nothing of it is proved. */
export function claimsSummary(bundle: Uint8Array): boolean {
  return claimedStatement(bundle)?.predicateType === VSA_TYPE;
}

/** Returns the signers' names, or why the signer does not count. Exceptions of `revoked` are for commits, so they do not hold here. */
function countedSigners(
  evidence: Verified,
  policy: IdentityPolicy | undefined,
): readonly string[] | NotAllowed {
  if (policy === undefined) return [];
  const signer = statementSigner(policy, evidence);
  if (!signer.allowed) return notAllowed(evidence, signer.code, signer.detail);
  const by = policy.identitiesOnly === true ? signer.names : (policy.vsa?.by ?? []);
  const names = signer.names.filter((name) => by.includes(name));
  if (names.length > 0) return names;
  const detail = `the policy does not name ${signer.person} for summaries (vsa)`;
  return notAllowed(evidence, 'role-not-allowed', detail);
}

/** Judges one bundle. What the summary says is not compared with anything yet. */
export async function judgeSummary(
  bundle: Uint8Array,
  { context, policy }: SummaryJudge,
): Promise<GoodSummary | BadSummary> {
  const { verdict, statement } = await verifyStatement(bundle, context);
  if (verdict.status !== 'verified') return verdict;
  const names = countedSigners(verdict, policy);
  if ('status' in names) return names;
  const times = verdict.times.map(({ time }) => time);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  try {
    if (statement === undefined) throw new Refusal('statement-malformed', 'it has no statement');
    return { vsa: readSourceVsa(statement), evidence: verdict, names, first, last };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return rejected({ check: 'object' }, error.code, error.message);
  }
}
