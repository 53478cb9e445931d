/** Shows the approvals that count for an object, as words and as JSON. */

import type { CountedApproval, Outcome } from '../core/verdict.ts';
import { logEntryOf, type ReportedLogEntry, rfc3339 } from './json-parts.ts';

/** An approval in results. */
export interface ReportedApproval extends Omit<CountedApproval, 'time' | 'logEntry'> {
  readonly time: string;
  readonly logEntry?: ReportedLogEntry | undefined;
}

/** Returns the approvals that count for an object. Empty if no rule asks for any. */
export function approvalsOf(verdict: Outcome): readonly CountedApproval[] {
  return 'approvals' in verdict ? (verdict.approvals ?? []) : [];
}

/** Returns e.g. `approved by bob, carol`, or ''. Raw text. */
export function approvalText(verdict: Outcome): string {
  const people = approvalsOf(verdict).map(({ person, how }) =>
    how === 'as it was' || how === 'tagged' ? person : `${person} (${how})`,
  );
  return people.length === 0 ? '' : `approved by ${people.join(', ')}`;
}

/** Returns the field `approvals` of a result, if there is something to say. */
export function approvalFields(verdict: Outcome): {
  readonly approvals?: readonly ReportedApproval[];
} {
  const approvals = approvalsOf(verdict).map(({ time, logEntry, ...said }) => ({
    ...said,
    time: rfc3339(time) ?? '',
    logEntry: logEntry === undefined ? undefined : logEntryOf(logEntry),
  }));
  return approvals.length === 0 ? {} : { approvals };
}
