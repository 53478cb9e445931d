/** Counts approvals under one policy: who may approve, for which ref, and which person it is. */

import { type AskingRule, isWantedRef } from '../../core/policy/approvals.ts';
import type { ApprovalsRule, IdentityPolicy, Revocation } from '../../core/policy/model.ts';
import { statementSigner } from '../../core/policy/statement-signer.ts';
import type { CountedApproval, Finding, Outcome } from '../../core/verdict.ts';
import { sameRepository } from '../../report/repository-uri.ts';
import { withRefusal } from '../refuse.ts';
import type { KnownApproval } from './known.ts';

/** What an approval is compared with. */
export interface ApprovalQuestion {
  readonly policy: IdentityPolicy;
  readonly rule: AskingRule;
  /** The ref that is judged, if it is known. */
  readonly ref: string | undefined;
  /** Addresses of this repository. Empty if none is known. */
  readonly repositories: readonly string[];
  /** Entries of later policies. */
  readonly revoked: readonly Revocation[] | undefined;
}

/** Returns the person whose approval counts, or why it does not. */
export function approverOf(
  { approval, verdict }: KnownApproval,
  { policy, rule, ref, repositories, revoked }: ApprovalQuestion,
): { readonly person: string } | { readonly why: string } {
  if (!isWantedRef(rule, approval.ref, ref)) return { why: `it is for ${approval.ref}` };
  const { repository } = approval;
  if (repositories.length > 0) {
    if (repository === undefined) return { why: 'it names no repository' };
    const here = repositories.some((each) => sameRepository(each, repository));
    if (!here) return { why: `it is for ${repository}` };
  }
  const signer = statementSigner(policy, verdict, { revoked });
  if (!signer.allowed) return { why: signer.detail };
  const { by } = rule.approvals;
  if (by !== undefined && !signer.names.some((name) => by.includes(name))) {
    return { why: `${signer.person} may not approve here` };
  }
  return { person: signer.person };
}

/** Returns what results say of an approval that counts. */
export function counted(
  { approval, verdict }: KnownApproval,
  person: string,
  how: CountedApproval['how'],
): CountedApproval {
  const { commit, base, ref } = approval;
  const { signer, logEntry, times } = verdict;
  const time = Math.max(...times.map((each) => each.time));
  return { person, signer, commit, base, ref, how, time, logEntry };
}

/** Most approvals that do not count and are still explained. */
const MAX_EXPLAINED = 3;

/** The approvals under one rule: those that count, and why others do not. */
export class ApprovalCount {
  readonly counted = new Map<string, CountedApproval>();
  readonly #others = new Map<string, string>();

  add(approval: CountedApproval): void {
    if (!this.counted.has(approval.person)) this.counted.set(approval.person, approval);
  }

  /** Notes why an approval by this signer does not count. */
  leaveOut({ verdict }: KnownApproval, why: string): void {
    this.#others.set(verdict.signer.value, why);
  }

  /** Returns the outcome with the approvals, refused if there are too few. */
  applied(outcome: Outcome, { count }: ApprovalsRule, target: string): Outcome {
    if (outcome.status !== 'verified') return outcome;
    const before = 'approvals' in outcome ? (outcome.approvals ?? []) : [];
    const people = new Set(before.map(({ person }) => person));
    const more = [...this.counted.values()].filter(({ person }) => !people.has(person));
    const approved = { ...outcome, approvals: [...before, ...more] };
    if (this.counted.size >= count) return approved;
    const named = new Set([...this.counted.values()].map(({ signer }) => signer.value));
    const left = [...this.#others].filter(([signer]) => !named.has(signer));
    const others = left.slice(0, MAX_EXPLAINED);
    const why = others.map(([signer, reason]) => `, not by ${signer}: ${reason}`).join('');
    const detail: Finding['detail'] = `${this.counted.size} of ${count} required approvals ${target}${why}`;
    return withRefusal(approved, 'too-few-approvals', detail);
  }
}
