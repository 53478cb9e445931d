/** Finds the signers of a policy that made a verified statement. Commands and the gate then decide what the statement is worth. */

import type { PolicyCode, Verified } from '../verdict.ts';
import { outOfDates, revocationOf, type Subject, signersOf } from './decide.ts';
import { inForce } from './identity.ts';
import type { IdentityPolicy } from './model.ts';
import { revocationText } from './revocations.ts';

/** The signers, or why the statement does not count. */
export type StatementSigner =
  | {
      readonly allowed: true;
      /** Names of the policy's signers that fit and were in force, at least one, in the policy's order. */
      readonly names: readonly string[];
      /** The name that the person is counted by: that of the first entry that fits, as for commits. */
      readonly person: string;
    }
  | {
      readonly allowed: false;
      readonly code: Extract<
        PolicyCode,
        'revoked' | 'identity-not-allowed' | 'signer-out-of-dates'
      >;
      readonly detail: string;
    };

/**
 * Returns the policy's signers that a verified statement is by. They must be in force at each of its proven times, and no
 * entry of `revoked` may hit it. `ids` are the hashes of the objects that it is about: an entry may except them. `revoked`
 * holds the entries of later policies.
 */
export function statementSigner(
  policy: IdentityPolicy,
  { signer, times: proven, certificate, logEntry }: Verified,
  about: Pick<Subject, 'ids' | 'revoked'> = {},
): StatementSigner {
  const times = proven.map(({ time }) => time);
  const party = { signer, times, certificate, logEntry };
  const hit = revocationOf(policy, party, about);
  if (hit !== undefined) return { allowed: false, code: 'revoked', detail: revocationText(hit) };
  const known = signersOf(policy, party);
  const [first] = known;
  if (first === undefined) {
    const detail = `the signer is not listed in ${policy.source}`;
    return { allowed: false, code: 'identity-not-allowed', detail };
  }
  const names = known.filter((rule) => inForce(rule, times)).map(({ name }) => name);
  if (names.length === 0) {
    return { allowed: false, code: 'signer-out-of-dates', detail: outOfDates(first, times) };
  }
  return { allowed: true, names: [...new Set(names)], person: first.name };
}
