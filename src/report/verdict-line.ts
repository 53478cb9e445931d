/** Writes the line that git shows about one signature. Raw text, which the terminal escapes. */

import type { ObjectType } from '../core/git/signed-object.ts';
import { utcTime } from '../core/time.ts';
import type { Carried, NotAllowed, Outcome, Rejected, Signer, Verified } from '../core/verdict.ts';
import { carriedBy, carriedFrom } from './carried.ts';

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

function carriedLine(carried: Carried): string {
  return `${carriedFrom(carried)}, by ${carriedBy(carried)}`;
}

/** Returns the line about a verdict, without prefix. */
export function verdictLine(verdict: Outcome, type: ObjectType | undefined): string {
  if (verdict.status === 'verified') {
    if ('carried' in verdict) return carriedLine(verdict.carried);
    const name = 'kind' in verdict ? `${verdict.rule}, ` : '';
    const evidence = 'certificate' in verdict ? `, ${when(verdict)}` : '';
    return `good signature by ${name}${who(verdict.signer)}${evidence}`;
  }
  if (verdict.status !== 'not-allowed') return rejectedLine(verdict, type);
  const proved = 'signer' in verdict ? verdict.signer : undefined;
  const by = proved ?? ('claimedSigner' in verdict ? verdict.claimedSigner : undefined);
  const carried = 'carried' in verdict ? verdict.carried : undefined;
  if (carried !== undefined) return `NOT ALLOWED: ${verdict.detail}: ${carriedLine(carried)}`;
  const name = by === undefined ? '' : `: ${who(by)}`;
  const evidence = 'certificate' in verdict ? `, ${when(verdict)}` : '';
  return `NOT ALLOWED: ${verdict.detail}${name}${evidence}`;
}
