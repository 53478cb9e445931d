/**
 * The middle of verification: who logged the signature, when, and who vouches for the certificate at that time.
 * Each function is one check of core/verify.ts; each returns what the next one needs.
 */

import { equal, fromBase64, fromUtf8, toHex, utf8 } from './bytes.ts';
import { expect, Tag } from './cms/der.ts';
import { type Attribute, CmsOid, type SignerInfo, singleValue } from './cms/signed-data.ts';
import type { Crypto } from './crypto.ts';
import { checkScts } from './ct/sct.ts';
import {
  type AuthorityStores,
  authorityStores,
  type EvidenceCache,
  type LeafEvidence,
} from './evidence-cache.ts';
import { checkInclusionPromise, checkSignedRoot, provesBody } from './rekor/inclusion.ts';
import {
  decodeLogEntry,
  hashedRekordV001Body,
  hashedRekordV002Body,
  type TransparencyLogEntry,
} from './rekor/log-entry.ts';
import type { TrustedLog, TrustMaterial } from './trust/trust-material.ts';
import { verifyTimestampToken } from './tsa/timestamp-token.ts';
import { type ProvenTime, Refusal } from './verdict.ts';
import type { Certificate } from './x509/certificate.ts';
import {
  certificationPaths,
  checkLeafUsage,
  ExtendedKeyUsage,
  pathsAt,
  within,
} from './x509/certification-path.ts';
import { signatureHolds } from './x509/signature.ts';

export interface EvidenceContext {
  readonly crypto: Crypto;
  readonly trust: TrustMaterial;
  /** Unix seconds: for refusing times in the future, nothing else. */
  readonly now: number;
  readonly ignoreSct?: boolean;
  readonly cache?: EvidenceCache;
}

/** An entry and the body it was logged under, both bound to this signature and certificate. */
export interface BoundEntry {
  readonly entry: TransparencyLogEntry;
  readonly body: Uint8Array;
}

/** A verifier's clock may be slow by this much before a log's time counts as the future. */
const CLOCK_TOLERANCE = 300;
const SIGSTORE_ATTRIBUTES = '1.3.6.1.4.1.57264.3.';

/** The embedded log entry; undefined when there is none. @throws Refusal `log-entry-malformed`, `log-entry-unsupported` */
export function embeddedEntry(attributes: readonly Attribute[]): TransparencyLogEntry | undefined {
  const ours = attributes.filter(({ oid }) => oid.startsWith(SIGSTORE_ATTRIBUTES));
  if (ours.length === 0) return undefined;
  // development builds of January 2023 spelt the entry out over nine attributes
  if (ours.some(({ oid }) => oid !== CmsOid.transparencyLogEntry)) {
    throw new Refusal(
      'log-entry-unsupported',
      'no usable log entry: a form that only early development builds wrote',
    );
  }
  const value = singleValue(ours, CmsOid.transparencyLogEntry);
  if (value?.tag !== Tag.octetString)
    throw new Refusal('log-entry-unsupported', 'no usable log entry');
  return decodeLogEntry(expect(value, Tag.octetString).content);
}

/**
 * Binds an embedded entry: the canonical body is rebuilt from this signature and this certificate, so an entry about
 * anything else cannot lead to the proof's root (CVE-2022-36056 and kin). gitsign stores entries of Rekor v2 under
 * the kind version of v1, so both bodies are tried.
 * @throws Refusal `log-entry-unsupported`, `log-entry-malformed`, `log-entry-mismatch`
 */
export function bindEmbeddedEntry(
  entry: TransparencyLogEntry,
  signer: SignerInfo,
  crypto: Crypto,
): BoundEntry {
  const known = entry.kind === 'hashedrekord' && ['0.0.1', '0.0.2'].includes(entry.version);
  if (!known) {
    throw new Refusal(
      'log-entry-unsupported',
      `a log entry of kind ${entry.kind} ${entry.version}`,
    );
  }
  const { inclusionProof: proof } = entry;
  if (proof === undefined)
    throw new Refusal('inclusion-proof-invalid', 'the log entry has no inclusion proof');
  const record = {
    digest: crypto.hash('sha256', signer.signedAttrs),
    signature: signer.signature,
    certificateDer: signer.certificate.der,
  };
  const bodies =
    entry.version === '0.0.2'
      ? [hashedRekordV002Body(record)]
      : [hashedRekordV001Body(record), hashedRekordV002Body(record)];
  const body = bodies.find((candidate) => provesBody(crypto, proof, candidate));
  const stored = entry.canonicalizedBody;
  if (body === undefined || (stored !== undefined && !equal(stored, body))) {
    throw new Refusal('log-entry-mismatch', 'the log entry is not about this signature');
  }
  return { entry, body };
}

/**
 * Binds an entry that was looked up: it must be about one of these object names, by this certificate, and its
 * signature over the name must hold (GHSA-8pmp-678w-c8xx: the search also finds entries of other objects).
 * @throws Refusal `log-entry-mismatch`, `inclusion-proof-invalid`
 */
export async function bindFoundEntry(
  entry: TransparencyLogEntry,
  certificate: Certificate,
  objectIds: readonly string[],
  crypto: Crypto,
): Promise<BoundEntry> {
  const { canonicalizedBody: body, inclusionProof: proof } = entry;
  const signature = body === undefined ? undefined : bodySignature(body);
  const { publicKey: key } = certificate;
  if (body === undefined || signature === undefined || key === undefined) {
    throw new Refusal('log-entry-mismatch', 'the log entry found is not about this object');
  }
  for (const id of objectIds) {
    const name = utf8(id);
    const record = {
      digest: crypto.hash('sha256', name),
      signature,
      certificateDer: certificate.der,
    };
    if (!equal(hashedRekordV001Body(record), body)) continue;
    if (!(await signatureHolds(crypto, key, 'sha256', name, signature))) continue;
    if (proof === undefined || !provesBody(crypto, proof, body)) {
      throw new Refusal('inclusion-proof-invalid', 'the inclusion proof is not of this entry');
    }
    return { entry, body };
  }
  throw new Refusal('log-entry-mismatch', 'the log entry found is not about this object');
}

/** The signature inside a hashedrekord body; the body itself is compared byte for byte afterwards. */
function bodySignature(body: Uint8Array): Uint8Array | undefined {
  const match = /"signature":\{"content":"([A-Za-z0-9+/=]{1,200})"/.exec(fromUtf8(body) ?? '');
  return match?.[1] === undefined ? undefined : fromBase64(match[1]);
}

/**
 * The log is trusted and included the entry under a root that it signed; its promise, where it makes one, holds.
 * Returns the time that the log vouches for. An integratedTime without a promise is nobody's word (threats R04).
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
  const log = trust.tlogs.find((candidate) => candidate.id === id);
  if (log === undefined)
    throw new Refusal('log-unknown', `log ${id.slice(0, 16)} is not in the trust root`);
  const { inclusionProof: proof, inclusionPromise: promise } = entry;
  if (proof === undefined)
    throw new Refusal('inclusion-proof-invalid', 'the log entry has no inclusion proof');
  const seen = context.cache && { notes: context.cache.checkpoints, scope: trust.digest };
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
  await checkInclusionPromise(entry, promise, body, log, crypto);
  return { log, time: { source: 'rekor', time: Number(entry.integratedTime), authority: id } };
}

/**
 * Every time that is told must hold, and there must be one: the earliest of several is no better than the worst.
 * @throws Refusal `time-missing`, `time-in-future`, `timestamp-invalid`, `timestamp-untrusted`, `log-unknown`
 */
export async function provenTimes(
  log: TrustedLog,
  logTime: ProvenTime | undefined,
  signer: SignerInfo,
  context: EvidenceContext,
): Promise<readonly ProvenTime[]> {
  const times: ProvenTime[] = logTime === undefined ? [] : [logTime];
  const token = singleValue(signer.unsignedAttrs, CmsOid.timeStampToken);
  if (token !== undefined) {
    const { timestamp } = authorityStores(context.trust);
    const proven = await verifyTimestampToken(
      token.raw,
      signer.signature,
      timestamp,
      context.crypto,
    );
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
    if (!within(log.validFor, time))
      throw new Refusal('log-unknown', 'the log was not trusted at that time');
  }
  return times;
}

/** Facts of the leaf that no time changes, from the cache where it has them. */
export async function leafEvidence(
  leaf: Certificate,
  sha256: string,
  { crypto, trust, cache }: EvidenceContext,
): Promise<LeafEvidence> {
  const key = `${trust.digest} ${sha256}`;
  const known = cache?.leaves.get(key);
  if (known !== undefined) return known;
  const stores: AuthorityStores = authorityStores(trust);
  if (stores.certificate.chains.length === 0) {
    throw new Refusal('no-trust-material', 'the trust root names no certificate authority');
  }
  checkLeafUsage(leaf, ExtendedKeyUsage.codeSigning);
  const purpose = ExtendedKeyUsage.codeSigning;
  const paths = await certificationPaths(leaf, stores.certificate, purpose, crypto);
  const evidence: LeafEvidence = { paths, scts: new Map() };
  cache?.leaves.set(key, evidence);
  return evidence;
}

/** Certificates that hold, as issuers of the leaf, at all these times. @throws Refusal `issuer-untrusted`, `certificate-expired-at-signing` */
export function issuersAt(
  evidence: LeafEvidence,
  times: readonly number[],
): readonly Certificate[] {
  return pathsAt(evidence.paths, times).map(({ issuer }) => issuer);
}

/** The leaf was promised to a CT log under one of its issuers. @throws Refusal `sct-missing`, `sct-invalid`, `no-trust-material` */
export async function checkTransparency(
  leaf: Certificate,
  issuers: readonly Certificate[],
  evidence: LeafEvidence,
  { crypto, trust, ignoreSct }: EvidenceContext,
): Promise<void> {
  if (ignoreSct === true) return;
  let refusal: Error = new Refusal(
    'sct-missing',
    'no issuer to check the signed certificate timestamps with',
  );
  for (const issuer of issuers) {
    if (!evidence.scts.has(issuer)) {
      evidence.scts.set(
        issuer,
        await checkScts(leaf, issuer, trust.ctLogs, crypto).then(noRefusal, asRefusal),
      );
    }
    const outcome = evidence.scts.get(issuer);
    if (outcome === undefined) return;
    refusal = outcome;
  }
  throw refusal;
}

function noRefusal(): undefined {
  return undefined;
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  throw error;
}
