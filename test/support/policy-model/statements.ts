/** The part of the second model that knows `attestations`, written from docs/policy.md. */

import {
  type AttestationEntry,
  type Case,
  type PolicyDocument,
  REF_PATTERNS,
  type RevokedEntry,
  STATEMENT_TYPES,
  type Statement,
  TAG_PATTERNS,
} from './cases.ts';
import { fits, named, within } from './model.ts';
import { isHit } from './revoked.ts';

/** "The times of the signature must lie within the signer's dates, and `by` names it." One entry must do all of it. */
export function entitled(
  policy: PolicyDocument,
  { by, times }: Statement,
  names: readonly string[] | undefined,
): boolean {
  return policy.signers.some(
    (entry) =>
      fits(entry, by) &&
      times.every((time) => within(entry, time)) &&
      (names === undefined || named(policy, names).includes(entry.name)),
  );
}

/** True if an entry hits the statement. `id` is what an exception may name. */
export function isTakenBack(
  entries: readonly RevokedEntry[],
  { by, times, issued, certificate, log, index }: Statement,
  id: string,
): boolean {
  const signature = { by, times, issued, certificate, log, index };
  return entries.some((entry) => isHit(entry, { ...signature, id } as never));
}

/** "A test result counts only if `result` is `PASSED` and `failedTests` is empty or absent. A review only if `pass`." */
function saysYes({ type, content }: Statement): boolean {
  if (type === STATEMENT_TYPES['review']) return content['result'] === 'pass';
  if (type !== STATEMENT_TYPES['test-result']) return true;
  const { result, failedTests = [] } = content;
  return result === 'PASSED' && Array.isArray(failedTests) && failedTests.length === 0;
}

/** "Every rule that fits counts. For each of them one statement is enough." `ids`: the objects that it may be about. */
export function attested(
  { world }: Case,
  policy: PolicyDocument,
  later: readonly RevokedEntry[],
  { ids, ref, tag }: { ids: readonly string[]; ref?: string | undefined; tag?: string },
): boolean {
  const asks = ({ refs, names }: AttestationEntry): boolean =>
    tag === undefined
      ? ref !== undefined && refs?.some((each) => REF_PATTERNS[each]?.includes(ref)) === true
      : names?.some((each) => TAG_PATTERNS[each]?.includes(tag)) === true;
  const entries = [...(policy.revoked ?? []), ...later];
  return (policy.attestations ?? []).filter(asks).every(({ type, by }) =>
    (world?.statements ?? []).some((statement) => {
      const { commits, tags } = statement;
      const about = ids.filter((id) => commits.includes(id) || tags.includes(id));
      return (
        statement.holds &&
        about.length > 0 &&
        statement.type === STATEMENT_TYPES[type] &&
        saysYes(statement) &&
        entitled(policy, statement, by) &&
        about.some((id) => !isTakenBack(entries, statement, id))
      );
    }),
  );
}
