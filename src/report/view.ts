/**
 * Prepares one result for the formats: signer, subject, time and reason. All texts are raw, and each format escapes them
 * for its own reader. The view is made from the published result record, so that no format knows more than the others.
 */

import { subjectLine } from '../core/git/signed-object.ts';
import type { Finding, Verdict } from '../core/verdict.ts';
import { approvalText } from './approvals.ts';
import { carriedFrom } from './carried.ts';
import { type ObjectResult, objectResult } from './json.ts';
import type { Judged } from './judged.ts';
import { notesOf, shortened, whoOf } from './text.ts';

export interface ResultView {
  readonly id: string;
  readonly type: string;
  /** The tag's name, for a tag that a ref names. */
  readonly tag: string | undefined;
  readonly status: Verdict['status'];
  readonly code: string | undefined;
  /** The reason why it is not verified. Empty if it is. */
  readonly reason: string;
  /** The head that carries it. Empty if its own signature counts. */
  readonly carried: string;
  /** The proven signer, `claims …` for an unproven one, `–` for none. */
  readonly who: string;
  readonly issuer: string | undefined;
  readonly subject: string;
  /** RFC 3339. The proven time or, without one, the time that the committer claims. */
  readonly time: string | undefined;
  readonly timeIsProved: boolean;
  readonly rule: string | undefined;
  /** Findings of the policy besides the reason. */
  readonly notes: readonly Finding[];
  /** Who approved it, or ''. */
  readonly approved: string;
}

function timeOf({ times, committer }: ObjectResult): Pick<ResultView, 'time' | 'timeIsProved'> {
  const proved = times[0]?.time;
  return { time: proved ?? committer?.date, timeIsProved: proved !== undefined };
}

/** Returns the view of a judged object. */
export function viewOf(judged: Judged): ResultView {
  const { id, type, ref, raw, verdict } = judged;
  const result = objectResult(judged);
  return {
    ...{ id, type, status: result.status, code: result.code },
    tag: type === 'tag' ? ref?.replace(/^refs\/tags\//, '') : undefined,
    reason: result.detail ?? '',
    carried:
      'carried' in verdict && verdict.carried !== undefined ? carriedFrom(verdict.carried) : '',
    who: whoOf(verdict),
    issuer: result.signer?.issuer ?? result.claimedSigner?.issuer,
    subject: raw === undefined ? '' : subjectLine(raw),
    ...timeOf(result),
    rule: result.rule,
    notes: notesOf(verdict),
    approved: approvalText(verdict),
  };
}

const MAX_TITLE = 200;

/** Returns the subject, after the tag's name if there is one. */
export function titleOf({ tag, subject }: ResultView): string {
  return shortened(tag === undefined ? subject : `tag ${tag}: ${subject}`, MAX_TITLE);
}

/** Returns the reason and the notes in one line. */
export function whyOf({ reason, carried, notes, approved }: ResultView): string {
  return [reason, carried, ...notes.map(({ detail }) => detail), approved]
    .filter((part) => part !== '')
    .join('; ');
}
