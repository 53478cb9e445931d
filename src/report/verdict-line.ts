/** Writes the line that git shows about one signature. Raw text, which the terminal escapes. */

import type { ObjectType } from '../core/git/signed-object.ts';
import { utcTime } from '../core/time.ts';
import type { NotAllowed, Outcome, Rejected, Signer, Verified } from '../core/verdict.ts';

const KEYS: Readonly<Record<string, string>> = { openpgp: 'OpenPGP', ssh: 'SSH' };

function who({ kind, value, issuer }: Signer): string {
  const key = KEYS[kind];
  return key === undefined ? `${value} (${issuer})` : `${key} key ${value}`;
}

function when({ times, logEntry }: Verified | NotAllowed): string {
  const [first] = times;
  const log =
    logEntry === undefined
      ? 'IN NO LOG (unlogged: allowed, signet.log = none)'
      : `Rekor ${logEntry.logIndex}`;
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

/** Returns the line about a verdict, without prefix. */
export function verdictLine(verdict: Outcome, type: ObjectType | undefined): string {
  if (verdict.status === 'verified') {
    const name = 'kind' in verdict ? `${verdict.rule}, ` : '';
    const evidence = 'certificate' in verdict ? `, ${when(verdict)}` : '';
    return `good signature by ${name}${who(verdict.signer)}${evidence}`;
  }
  if (verdict.status !== 'not-allowed') return rejectedLine(verdict, type);
  const by = verdict.signer ?? ('claimedSigner' in verdict ? verdict.claimedSigner : undefined);
  const name = by === undefined ? '' : `: ${who(by)}`;
  const evidence = 'certificate' in verdict ? `, ${when(verdict)}` : '';
  return `NOT ALLOWED: ${verdict.detail}${name}${evidence}`;
}
