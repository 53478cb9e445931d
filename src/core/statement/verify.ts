/**
 * Verifies a signed statement by the evidence that commits need too: signature, log entry, inclusion, times, certificate
 * path, SCT. No policy is asked here.
 */

import { equal } from '../bytes.ts';
import { checkEvidence, type EvidenceContext, standsUnlogged } from '../evidence.ts';
import { trimEvidenceCache } from '../evidence-cache.ts';
import { rejected } from '../rejection.ts';
import { type BoundEntry, bindDsseEntry, bindEmbeddedEntry } from '../rekor/bound-entry.ts';
import type { SignedBytes } from '../signed-bytes.ts';
import { claimedSigner, type Progress } from '../signer.ts';
import { Refusal, type Verdict } from '../verdict.ts';
import { summarize } from '../x509/certificate.ts';
import { isFulcioCertificate } from '../x509/identity.ts';
import { readBundle, type StatementBundle } from './bundle.ts';
import { preAuthEncoding } from './envelope.ts';
import { readStatement, type Statement } from './statement.ts';

/** What a bundle turned out to be. */
export interface StatementResult {
  readonly verdict: Verdict;
  /** Present only if the verdict is `verified`. */
  readonly statement?: Statement;
}

/** Verifies the bundle of a statement, offline. It does not look at what the statement is about. */
export function verifyStatement(
  bundle: Uint8Array,
  context: EvidenceContext,
): Promise<StatementResult> {
  return judge(bundle, context);
}

/** Verifies a bundle, and that it is of this very statement. */
export async function verifyBundleOf(
  statement: Uint8Array,
  bundle: Uint8Array,
  context: EvidenceContext,
): Promise<Verdict> {
  return (await judge(bundle, context, statement)).verdict;
}

async function judge(
  bundle: Uint8Array,
  context: EvidenceContext,
  expected?: Uint8Array,
): Promise<StatementResult> {
  const progress: Progress = { check: 'object' };
  // the cache is trimmed first, because a refused signature also adds to it
  if (context.cache !== undefined) trimEvidenceCache(context.cache);
  try {
    const read = readBundle(bundle);
    if (expected !== undefined && !equal(expected, read.payload)) {
      throw new Refusal('content-digest-differs', 'the bundle holds another statement');
    }
    const statement = readStatement(read.payload);
    const signed = signedBytesOf(read, context, progress);
    const bind = async () => bindEntry(read, signed, context);
    const verdict = await checkEvidence(signed, bind, context, progress);
    return { verdict, statement };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { verdict: rejected(progress, error.code, error.message) };
  }
}

/** Returns the signature with what it is over. Its certificate must be of the kind that signs commits. @throws Refusal */
function signedBytesOf(
  { payload, signature, certificate, timestampToken }: StatementBundle,
  { crypto }: EvidenceContext,
  progress: Progress,
): SignedBytes {
  progress.certificate = summarize(certificate, crypto);
  if (!isFulcioCertificate(certificate)) {
    throw new Refusal(
      'foreign-issuer',
      'it is signed with a certificate that Fulcio did not issue',
    );
  }
  const claimed = claimedSigner(certificate);
  if (claimed !== undefined) progress.claimedSigner = claimed;
  if (certificate.publicKey?.kind !== 'p256') {
    throw new Refusal('bundle-unsupported', 'the algorithm is not ECDSA P-256 with SHA-256');
  }
  return { signedBytes: preAuthEncoding(payload), signature, certificate, timestampToken };
}

/** Binds the log entry. Only if policy and configuration allow it, a statement stands without one. @throws Refusal */
function bindEntry(
  { entry, payload }: StatementBundle,
  signed: SignedBytes,
  context: EvidenceContext,
): BoundEntry | undefined {
  if (entry?.kind === 'dsse' && entry.version === '0.0.1') {
    return bindDsseEntry(entry, payload, signed, context.crypto);
  }
  if (entry !== undefined) return bindEmbeddedEntry(entry, signed, context.crypto);
  if (standsUnlogged(signed, context)) return undefined;
  throw new Refusal('log-entry-absent', 'the bundle holds no log entry');
}
