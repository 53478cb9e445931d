/**
 * Turns verdicts into status lines (GnuPG doc/DETAILS, as git's gpg-interface.c reads them). NEWSIG comes first, because
 * git looks for a line break before GOODSIG (threat S04). There is exactly one exclusive line (threat S07). There is always
 * one TRUST_ line and never an empty name. Otherwise git skips lines, and any trust meets gpg.minTrustLevel (threat S05).
 */

import { percentEscaped } from '../escape.ts';
import { isoDay } from '../time.ts';
import type { NotAllowed, ReasonCode, Rejected, Signer, Verdict, Verified } from '../verdict.ts';

export interface StatusReport {
  readonly lines: readonly string[];
  /** Exit code for git. */
  readonly exitCode: 0 | 1 | 3 | 6;
}

const PREFIX = '[GNUPG:] ';
/** The key that git shows if no key could be read. */
const NO_KEY = '0'.repeat(40);
/** GnuPG's numbers for ECDSA, SHA-256, and a signature over a binary document. */
const ALGORITHMS = '19 8 00';
const MISMATCH: ReadonlySet<ReasonCode> = new Set(['content-digest-differs', 'signature-invalid']);
const GENERAL_ERROR = 1;
const NO_PUBLIC_KEY = 9;

/** Returns e.g. `alice@example.com (https://accounts.example.com)`, escaped for a status line. */
export function statusName(signer: Signer | undefined): string {
  if (signer === undefined) return 'unknown';
  return percentEscaped(`${signer.value} (${signer.issuer})`);
}

/** Returns VALIDSIG: fingerprint, date, time, no expiry, version, reserved, algorithms, and the fingerprint again for `%GP`. */
function proven({ signer, certificate, times }: Verified | NotAllowed): readonly string[] {
  const time = times[0]?.time ?? certificate.notBefore;
  const { sha1 } = certificate;
  return [
    `GOODSIG ${sha1} ${statusName(signer)}`,
    `VALIDSIG ${sha1} ${isoDay(time)} ${time} 0 0 0 ${ALGORITHMS} ${sha1}`,
  ];
}

function rejectedReport(verdict: Rejected): StatusReport {
  const key = verdict.certificate?.sha1 ?? NO_KEY;
  if (verdict.status === 'refused' && MISMATCH.has(verdict.code)) {
    const bad = `BADSIG ${key} ${statusName(verdict.claimedSigner)}`;
    return { lines: ['NEWSIG', bad, 'TRUST_NEVER'], exitCode: 1 };
  }
  const undecided = verdict.status === 'undecided';
  const reason = verdict.code === 'issuer-untrusted' ? NO_PUBLIC_KEY : GENERAL_ERROR;
  const error = `ERRSIG ${key} ${ALGORITHMS} 0 ${reason} ${key}`;
  return undecided
    ? { lines: ['NEWSIG', error, 'TRUST_UNDEFINED'], exitCode: 3 }
    : { lines: ['NEWSIG', error, 'TRUST_NEVER'], exitCode: 1 };
}

/** Returns the lines without prefix, and the exit code. `unruled` is the trust level of a signature without a policy. */
export function reportOf(verdict: Verdict, unruled: 'undefined' | 'full'): StatusReport {
  if (verdict.status === 'not-allowed') {
    return { lines: ['NEWSIG', ...proven(verdict), 'TRUST_NEVER 0 shell'], exitCode: 6 };
  }
  if (verdict.status !== 'verified') return rejectedReport(verdict);
  const full = verdict.rule !== undefined || unruled === 'full';
  const trust = full ? 'TRUST_FULLY 0 shell' : 'TRUST_UNDEFINED 0 shell';
  return { lines: ['NEWSIG', ...proven(verdict), trust], exitCode: 0 };
}

/** The lines for a run that could not judge at all, because a setting, a file or this program is broken. */
export const BROKEN_LINES: readonly string[] = [
  'NEWSIG',
  `ERRSIG ${NO_KEY} ${ALGORITHMS} 0 ${GENERAL_ERROR} ${NO_KEY}`,
  'TRUST_UNDEFINED',
];

/** Returns the lines as one block for git. */
export function statusBlock(lines: readonly string[]): string {
  return lines.map((line) => `${PREFIX}${line}\n`).join('');
}

export interface SignatureCreated {
  /** GnuPG's number of the key's algorithm. */
  readonly publicKeyAlgorithm: number;
  /** GnuPG's number of the hash in the CA's signature, as gitsign writes it. */
  readonly certificateHashAlgorithm: number;
  /** Unix seconds. */
  readonly signingTime: number;
  readonly certificateSha1: string;
}

/** Returns the lines that git needs after signing: `SIG_CREATED`, not on the first line. */
export function createdLines(made: SignatureCreated): readonly string[] {
  const { publicKeyAlgorithm, certificateHashAlgorithm, signingTime, certificateSha1 } = made;
  const algorithms = `${publicKeyAlgorithm} ${certificateHashAlgorithm} 00`;
  return ['BEGIN_SIGNING', `SIG_CREATED D ${algorithms} ${signingTime} ${certificateSha1}`];
}
