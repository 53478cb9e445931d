/** The one line that a person reads after git asked about one signature. Raw text: the terminal escapes it. */

import type { ObjectType } from '../core/git/object.ts';
import type { NotAllowed, Rejected, Signer, Verdict, Verified } from '../core/verdict.ts';

function who({ value, issuer }: Signer): string {
  return `${value} (${issuer})`;
}

/** `2026-11-21 11:54:32Z` */
export function utcTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('T', ' ').replace('.000', '');
}

function when({ times, logEntry }: Verified | NotAllowed): string {
  const [first] = times;
  const log = `Rekor ${logEntry.logIndex}`;
  if (first === undefined) return log;
  const word = first.source === 'rekor' ? 'logged' : 'timestamped';
  return `${word} ${utcTime(first.time)}, ${log}`;
}

function rejectedLine(verdict: Rejected, type: ObjectType | undefined): string {
  const { code, detail, claimedSigner } = verdict;
  const claim = claimedSigner === undefined ? '' : `; it claims to be by ${claimedSigner.value}`;
  if (verdict.status === 'undecided') return `cannot check: ${detail}`;
  if (code === 'content-digest-differs') {
    const what = type ?? 'content';
    return `BAD signature: the ${what} is not what was signed (content digest differs)${claim}`;
  }
  if (code === 'signature-invalid') return `BAD signature: ${detail}${claim}`;
  return `refused: ${detail}${claim}`;
}

/** One line a verdict, without prefix. */
export function verdictLine(verdict: Verdict, type: ObjectType | undefined): string {
  if (verdict.status === 'verified') {
    return `good signature by ${who(verdict.signer)}, ${when(verdict)}`;
  }
  if (verdict.status === 'not-allowed') {
    return `NOT ALLOWED: ${verdict.detail}: ${who(verdict.signer)}, ${when(verdict)}`;
  }
  return rejectedLine(verdict, type);
}
