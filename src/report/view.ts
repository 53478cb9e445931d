/**
 * One result as people look at it: who, what, when, and what is wrong. Raw text throughout: each format escapes it
 * for its own reader. Made from the published result record, so that no format knows more than the others.
 */

import { subjectLine } from '../core/git/object.ts';
import type { Finding, Verdict } from '../core/verdict.ts';
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
  /** Why it is not verified; empty for what is. */
  readonly reason: string;
  /** The proved signer, `claims …` for an unproved one, `–` for none. */
  readonly who: string;
  readonly issuer: string | undefined;
  readonly subject: string;
  /** RFC 3339: the proved time, else the committer's claim. */
  readonly time: string | undefined;
  readonly timeIsProved: boolean;
  readonly rule: string | undefined;
  /** What a policy noticed besides the reason. */
  readonly notes: readonly Finding[];
}

function timeOf({ times, committer }: ObjectResult): Pick<ResultView, 'time' | 'timeIsProved'> {
  const proved = times[0]?.time;
  return { time: proved ?? committer?.date, timeIsProved: proved !== undefined };
}

/** What the formats show of a judged object. */
export function viewOf(judged: Judged): ResultView {
  const { id, type, ref, raw, verdict } = judged;
  const result = objectResult(judged);
  return {
    ...{ id, type, status: result.status, code: result.code },
    tag: type === 'tag' ? ref?.replace(/^refs\/tags\//, '') : undefined,
    reason: result.detail ?? '',
    who: whoOf(verdict),
    issuer: result.signer?.issuer ?? result.claimedSigner?.issuer,
    subject: raw === undefined ? '' : subjectLine(raw),
    ...timeOf(result),
    rule: result.rule,
    notes: notesOf(verdict),
  };
}

const MAX_TITLE = 200;

/** The subject, with the tag's name before it where there is one. */
export function titleOf({ tag, subject }: ResultView): string {
  return shortened(tag === undefined ? subject : `tag ${tag}: ${subject}`, MAX_TITLE);
}

/** Why it is not verified, and what else was noticed, in one line. */
export function whyOf({ reason, notes }: ResultView): string {
  return [reason, ...notes.map(({ detail }) => detail)].filter((part) => part !== '').join('; ');
}
