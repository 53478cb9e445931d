/** Shows the approvals of one object and what the object is carried from, for `git signet show`. Hostile text is made visible. */

import { visible } from '../core/escape.ts';
import type { Approval } from '../core/policy/approvals.ts';
import { utcTime } from '../core/time.ts';
import type { Carried, Verified } from '../core/verdict.ts';
import type { Paint } from '../system/colour.ts';
import { carriedBy, carriedFrom } from './carried.ts';
import { logEntryOf, rfc3339 } from './json-parts.ts';
import { shortSigner } from './text.ts';

/** An approval whose evidence holds, and what the configured policy says of it. */
export interface HeldApproval {
  readonly approval: Approval;
  readonly verdict: Verified;
  /** The person as whom it counts, or why it does not count. Absent if no rule asks for it. */
  readonly counts?: { readonly person: string } | { readonly why: string };
}

/** What a repository and its policy say of an object, beside its signature. */
export interface HeldFacts {
  readonly approvals: readonly HeldApproval[];
  readonly carried?: Carried | undefined;
}

/** Digits of a hash in text. */
const SHORT = 12;

/** Returns the latest proven time, in Unix seconds. */
function timeOf({ times }: Verified): number {
  return Math.max(...times.map(({ time }) => time));
}

function countText(counts: HeldApproval['counts']): string {
  if (counts === undefined) return 'no rule asks for it';
  return 'person' in counts ? `counts as ${counts.person}` : `does not count: ${counts.why}`;
}

type Line = readonly [label: string, value: string];

function approvalLines(
  { approval, verdict, counts }: HeldApproval,
  id: string,
  ruled: boolean,
): readonly Line[] {
  const { commit, tag, ref, base, repository } = approval;
  const { signer, logEntry } = verdict;
  const where = ref.startsWith('refs/tags/')
    ? ''
    : base === undefined
      ? ', with all commits before it'
      : `, from base ${base.slice(0, SHORT)}`;
  const entry = logEntry === undefined ? '' : `, log entry ${logEntry.logIndex}`;
  return [
    ['approved by', `${shortSigner(signer)} (${signer.issuer})`],
    ['for', `${ref}${where}`],
    ...(commit === id || tag === id ? [] : [['of commit', commit] as const]),
    ...(repository === undefined ? [] : [['in', repository] as const]),
    ['at', `${utcTime(timeOf(verdict))}${entry}`],
    ...(ruled ? [['policy', countText(counts)] as const] : []),
  ];
}

/** Returns one label and value a line, or '' if there is nothing to show. `ruled`: a policy is configured. */
export function heldText(
  { approvals, carried }: HeldFacts,
  id: string,
  { ruled, paint }: { readonly ruled: boolean; readonly paint: Paint },
): string {
  const groups: (readonly Line[])[] = approvals.map((each) => approvalLines(each, id, ruled));
  if (carried !== undefined) {
    groups.push([['passes as', `${carriedFrom(carried)}, by ${carriedBy(carried)}`]]);
  }
  if (groups.length === 0) return '';
  const width = Math.max(...groups.flat().map(([label]) => label.length));
  const lines = groups.map((group) =>
    group.map(([label, value]) => `${paint('label', label.padEnd(width))}  ${visible(value)}\n`),
  );
  return lines.map((group) => group.join('')).join('\n');
}

/** Returns the same as JSON fields. Empty if there is nothing to show. */
export function heldFields({ approvals, carried }: HeldFacts): Readonly<Record<string, unknown>> {
  const shown = approvals.map(({ approval, verdict, counts }) => {
    const { commit, tag, ref, base, repository } = approval;
    const { signer, logEntry } = verdict;
    const said = { signer, commit, tag, ref, base, repository };
    const when = { time: rfc3339(timeOf(verdict)), logEntry: logEntry && logEntryOf(logEntry) };
    return {
      ...said,
      ...when,
      ...(counts === undefined ? {} : { counts: 'person' in counts }),
      ...counts,
    };
  });
  return {
    ...(shown.length === 0 ? {} : { approvals: shown }),
    ...(carried === undefined ? {} : { carried }),
  };
}
