/**
 * The middle of verification: the log of the signature, its time, and the issuer of the certificate at that time.
 * Each function is one check of core/verify.ts and returns what the next one needs.
 */

import { toHex } from './bytes.ts';
import type { Crypto } from './crypto.ts';
import { checkScts } from './ct/sct.ts';
import {
  type AuthorityStores,
  authorityStores,
  type EvidenceCache,
  type LeafEvidence,
} from './evidence-cache.ts';
import { type BoundEntry, summarizeEntry } from './rekor/bound-entry.ts';
import { checkInclusionPromise, checkSignedRoot } from './rekor/inclusion.ts';
import { remembered } from './remembered.ts';
import { checkSignature, type SignedBytes } from './signed-bytes.ts';
import type { Progress } from './signer.ts';
import type { TrustedLog, TrustMaterial } from './trust/trust-material.ts';
import { verifyTimestampToken } from './tsa/timestamp-token.ts';
import { type ProvenTime, Refusal, type Verified } from './verdict.ts';
import { type Certificate, summarize } from './x509/certificate.ts';
import {
  certificationPaths,
  checkLeafUsage,
  ExtendedKeyUsage,
  pathsAt,
  whyNoPath,
  within,
} from './x509/certification-path.ts';
import { signerOf } from './x509/identity.ts';

export interface EvidenceContext {
  readonly crypto: Crypto;
  readonly trust: TrustMaterial;
  /** Unix seconds, only for refusing times in the future. */
  readonly now: number;
  readonly ignoreSct?: boolean;
  /**
   * A signature without a log entry is judged by its timestamp alone, because policy and configuration both say so by
   * name. A signature without a timestamp, or whose entry was looked up, is judged as always.
   */
  readonly unlogged?: boolean;
  readonly cache?: EvidenceCache;
}

/** Lets a check run while others are awaited. If its turn never comes, its failure is ignored. */
export function begun<T>(check: Promise<T>): Promise<T> {
  check.catch(() => undefined);
  return check;
}

/** Seconds by which a verifier's clock may be slow before a log's time counts as the future. */
const CLOCK_TOLERANCE = 300;

/**
 * Checks that the log is trusted, that it included the entry under a root that it signed, and that its promise verifies
 * if there is one. Returns the time that the log vouches for. Without a promise, integratedTime proves nothing (threat R04).
 * @throws Refusal `log-unknown`, `inclusion-proof-invalid`, `checkpoint-invalid`, `inclusion-promise-invalid`
 */
export async function checkLog(
  { entry, body }: BoundEntry,
  context: EvidenceContext,
): Promise<{ readonly log: TrustedLog; readonly time: ProvenTime | undefined }> {
  const { crypto, trust } = context;
  if (trust.tlogs.length === 0)
    throw new Refusal('no-trust-material', 'the trust root names no transparency log');
  const id = toHex(entry.logId);
  // the trust root may list one id for several periods
  const listed = trust.tlogs.filter((candidate) => candidate.id === id);
  const claimed = Number(entry.integratedTime);
  const log = listed.find(({ validFor }) => within(validFor, claimed)) ?? listed[0];
  if (log === undefined)
    throw new Refusal('log-unknown', `log ${id.slice(0, 16)} is not in the trust root`);
  const { inclusionProof: proof, inclusionPromise: promise } = entry;
  if (proof === undefined)
    throw new Refusal('inclusion-proof-invalid', 'the log entry has no inclusion proof');
  const seen = context.cache && { notes: context.cache.checkpoints, scope: trust.digest };
  const promised = promise && begun(checkInclusionPromise(entry, promise, body, log, crypto));
  await checkSignedRoot(proof, log, crypto, seen);
  if (promise === undefined) {
    if (entry.integratedTime !== 0n) {
      throw new Refusal(
        'inclusion-promise-invalid',
        'an integrated time that the log has not signed',
      );
    }
    if (entry.logIndex !== proof.logIndex) {
      throw new Refusal('log-entry-malformed', 'the entry and its proof have different indexes');
    }
    return { log, time: undefined };
  }
  await promised;
  return { log, time: { source: 'rekor', time: Number(entry.integratedTime), authority: id } };
}

/**
 * Returns the proven times. Every stated time must verify, and there must be at least one.
 * @throws Refusal `time-missing`, `time-in-future`, `timestamp-invalid`, `timestamp-untrusted`, `log-unknown`
 */
export async function provenTimes(
  log: TrustedLog | undefined,
  logTime: ProvenTime | undefined,
  { signature, timestampToken: token }: Pick<SignedBytes, 'signature' | 'timestampToken'>,
  context: EvidenceContext,
): Promise<readonly ProvenTime[]> {
  const times: ProvenTime[] = logTime === undefined ? [] : [logTime];
  if (token !== undefined) {
    const { timestamp } = authorityStores(context.trust);
    const proven = await verifyTimestampToken(token, signature, timestamp, context.crypto);
    times.push({ source: 'timestamp-authority', ...proven });
  }
  if (times.length === 0) {
    throw new Refusal(
      'time-missing',
      'neither the log nor a timestamp authority vouches for the time',
    );
  }
  for (const { time } of times) {
    if (time > context.now + CLOCK_TOLERANCE)
      throw new Refusal('time-in-future', 'the proven time lies in the future');
    if (log !== undefined && !within(log.validFor, time))
      throw new Refusal('log-unknown', 'the log was not trusted at that time');
  }
  return times;
}

/** Returns true for a signature without a log entry that its timestamp alone decides. */
export function standsUnlogged(
  { timestampToken }: Pick<SignedBytes, 'timestampToken'>,
  { unlogged }: EvidenceContext,
): boolean {
  return unlogged === true && timestampToken !== undefined;
}

/** Returns the facts of the leaf that no time changes, from the cache if it has them. */
export function leafEvidence(
  leaf: Certificate,
  sha256: string,
  context: EvidenceContext,
): Promise<LeafEvidence> {
  const { cache, trust } = context;
  const prove = (): Promise<LeafEvidence> => proveLeaf(leaf, context);
  if (cache === undefined) return prove();
  return remembered(cache.leaves, `${trust.digest} ${sha256}`, prove);
}

async function proveLeaf(
  leaf: Certificate,
  { crypto, trust }: EvidenceContext,
): Promise<LeafEvidence> {
  const stores: AuthorityStores = authorityStores(trust);
  if (stores.certificate.chains.length === 0) {
    throw new Refusal('no-trust-material', 'the trust root names no certificate authority');
  }
  checkLeafUsage(leaf, ExtendedKeyUsage.codeSigning);
  const purpose = ExtendedKeyUsage.codeSigning;
  const paths = await certificationPaths(leaf, stores.certificate, purpose, crypto);
  const scts = new Map(
    paths.map(({ issuer }) => [issuer, sctOutcome(leaf, issuer, trust.ctLogs, crypto)]),
  );
  const whyNone = paths.length === 0 ? whyNoPath(leaf, stores.certificate) : '';
  return { paths, whyNone, scts };
}

/** Returns the issuers of the leaf that are valid at all these times. @throws Refusal `issuer-untrusted`, `certificate-expired-at-signing` */
export function issuersAt(
  { paths, whyNone }: LeafEvidence,
  times: readonly number[],
): readonly Certificate[] {
  return pathsAt(paths, times, whyNone).map(({ issuer }) => issuer);
}

/** Checks that a CT log promised to publish the leaf, under one of its issuers. @throws Refusal `sct-missing`, `sct-invalid`, `no-trust-material` */
export async function checkTransparency(
  issuers: readonly Certificate[],
  { scts }: LeafEvidence,
  { ignoreSct, trust }: EvidenceContext,
): Promise<void> {
  if (ignoreSct === true) return;
  // the owner says so by name, and the trust root lists no CT log
  if (trust.withoutCtLog === true && trust.ctLogs.length === 0) return;
  let refusal: Error | undefined;
  for (const issuer of issuers) {
    if (!scts.has(issuer)) continue;
    refusal = await scts.get(issuer);
    if (refusal === undefined) return;
  }
  const none = 'no issuer to check the certificate timestamps with';
  throw refusal ?? new Refusal('sct-missing', none);
}

/** Returns a refusal of the SCT check as a value. Any other error is thrown to the caller. */
function sctOutcome(
  leaf: Certificate,
  issuer: Certificate,
  logs: readonly TrustedLog[],
  crypto: Crypto,
): Promise<Error | undefined> {
  return begun(checkScts(leaf, issuer, logs, crypto).then(noRefusal, asRefusal));
}

function noRefusal(): undefined {
  return undefined;
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  throw error;
}

/**
 * Runs the checks of every kind of signature: signature, log, time, path, SCT. `bind` binds the log entry, and returns
 * undefined for a signature that stands without one.
 * @throws Refusal of the check that `progress` names
 */
export async function checkEvidence(
  signed: SignedBytes,
  bind: () => Promise<BoundEntry | undefined>,
  context: EvidenceContext,
  progress: Progress,
): Promise<Verified> {
  const { crypto } = context;
  const leaf = signed.certificate;
  const summary = progress.certificate ?? summarize(leaf, crypto);
  // they start together, the longest first, and are awaited in order, so a port with threads runs them at once
  const known = begun(leafEvidence(leaf, summary.sha256, context));
  const holding = begun(checkSignature(signed, crypto));
  const bound = begun(bind());
  const logged = begun(bound.then((entry) => entry && checkLog(entry, context)));
  progress.check = 'signature';
  await holding;
  progress.check = 'log';
  const { log, time } = (await logged) ?? { log: undefined, time: undefined };
  progress.check = 'time';
  const times = await provenTimes(log, time, signed, context);
  progress.check = 'path';
  const evidence = await known;
  const issuers = issuersAt(
    evidence,
    times.map((proven) => proven.time),
  );
  const identity = progress.claimedSigner ?? signerOf(leaf);
  progress.check = 'sct';
  await checkTransparency(issuers, evidence, context);
  const entry = await bound;
  const logEntry = entry === undefined ? {} : { logEntry: summarizeEntry(entry, time?.time) };
  return { status: 'verified', signer: identity, certificate: summary, ...logEntry, times };
}
