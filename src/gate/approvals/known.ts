/**
 * Finds the approvals that a repository holds, each with its evidence verified. Nothing is read before the first question.
 * What a policy says of them, and whether they fit what lands, is decided elsewhere.
 */

import { type Approval, approvalIn } from '../../core/policy/approvals.ts';
import { claimedStatement } from '../../core/statement/claimed.ts';
import { verifyStatement } from '../../core/statement/verify.ts';
import type { Verified } from '../../core/verdict.ts';
import type { VerifyContext } from '../../core/verify.ts';
import type { StatementStore } from '../../statements/store.ts';

/** An approval whose evidence holds. */
export interface KnownApproval {
  readonly approval: Approval;
  readonly verdict: Verified;
}

/** The approvals of a repository. */
export interface KnownApprovals {
  /** Returns the verified approvals that are kept under this full hash. */
  readonly about: (id: string) => Promise<readonly KnownApproval[]>;
  /** Returns the full hashes under which anything is kept. */
  readonly subjects: () => Promise<ReadonlySet<string>>;
}

/** Returns true if the bundle claims to be an approval, before anything is verified. Most statements are none. */
function claimsApproval(bundle: Uint8Array): boolean {
  const statement = claimedStatement(bundle);
  return statement !== undefined && approvalIn(statement) !== undefined;
}

/** Opens the approvals in a store of statements. */
export function openApprovals(store: StatementStore, context: VerifyContext): KnownApprovals {
  let listed: Promise<ReadonlySet<string>> | undefined;
  const kept = new Map<string, Promise<readonly KnownApproval[]>>();
  const subjects: KnownApprovals['subjects'] = () => {
    listed ??= store.subjects();
    return listed;
  };
  const read = async (id: string): Promise<readonly KnownApproval[]> => {
    if (!(await subjects()).has(id)) return [];
    const found: KnownApproval[] = [];
    for (const { kind, bytes } of (await store.about(id)).statements) {
      if (kind !== 'bundle' || !claimsApproval(bytes)) continue;
      const { verdict, statement } = await verifyStatement(bytes, context);
      const approval = statement && approvalIn(statement);
      if (verdict.status === 'verified' && approval !== undefined)
        found.push({ approval, verdict });
    }
    return found;
  };
  const about: KnownApprovals['about'] = (id) => {
    const known = kept.get(id) ?? read(id);
    kept.set(id, known);
    return known;
  };
  return { about, subjects };
}
