/**
 * Verification, as an ordered list of checks: split, CMS, content, signature, log, times, path, SCT, policy.
 * Each check is one call that takes bytes or the proof of the last one. A refusal is a value; an exception that is not
 * a Refusal is a bug and goes up.
 */

import { equal, toHex, utf8 } from './bytes.ts';
import { readSignedAttributes } from './cms/signed-attributes.ts';
import { CmsOid, readArmor, readSignedData, type SignerInfo } from './cms/signed-data.ts';
import type { Crypto } from './crypto.ts';
import {
  type BoundEntry,
  bindEmbeddedEntry,
  bindFoundEntry,
  checkLog,
  checkTransparency,
  type EvidenceContext,
  embeddedEntry,
  issuersAt,
  leafEvidence,
  provenTimes,
} from './evidence.ts';
import { trimEvidenceCache } from './evidence-cache.ts';
import {
  type ObjectFormat,
  type ObjectType,
  objectId,
  signatureKind,
  splitSignedObject,
} from './git/object.ts';
import { loggedNames } from './log-lookup.ts';
import { decideIdentity } from './policy/identity.ts';
import type { TransparencyLogEntry } from './rekor/log-entry.ts';
import {
  type CertificateSummary,
  type Check,
  type IdentityPolicy,
  type ReasonCode,
  Refusal,
  type Rejected,
  type Signer,
  type Verdict,
  type Verified,
} from './verdict.ts';
import { summarize } from './x509/certificate.ts';
import { isFulcioCertificate, signerOf } from './x509/identity.ts';
import { signatureHolds } from './x509/signature.ts';

export interface VerifyContext extends EvidenceContext {
  /** Who may sign; undefined asks only whether the evidence holds. */
  readonly policy?: IdentityPolicy;
}

/** An object as its repository stores it. */
export interface SignedObject {
  readonly type: ObjectType;
  /** The name it was asked for by: lower-case hex. */
  readonly id: string;
  /** Body without the `type size\0` header. */
  readonly raw: Uint8Array;
  readonly format: ObjectFormat;
}

/** Codes that say "cannot be checked here", not "wrong". */
const UNDECIDED: ReadonlySet<ReasonCode> = new Set([
  'signature-kind-unsupported',
  'foreign-issuer',
  'log-entry-absent',
  'log-unreachable',
  'log-entry-unsupported',
  'no-trust-material',
]);

/** What has been learnt on the way, for saying what a refused signature claims. */
interface Progress {
  check: Check;
  claimedSigner?: Signer;
  certificate?: CertificateSummary;
}

function rejected({ check, ...claims }: Progress, code: ReasonCode, detail: string): Rejected {
  const status = code === 'unsigned' ? 'unsigned' : UNDECIDED.has(code) ? 'undecided' : 'refused';
  return { status, check, code, detail, ...claims };
}

async function settle(progress: Progress, checks: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await checks();
  } catch (error) {
    if (error instanceof Refusal) return rejected(progress, error.code, error.message);
    throw error;
  }
}

/**
 * Verifies a raw commit or tag: it is the object that was asked for, and its signature holds for the rest of it.
 * `found` is a log entry looked up elsewhere, used only where the signature embeds none.
 */
export async function verifyObject(
  object: SignedObject,
  context: VerifyContext,
  found?: TransparencyLogEntry,
): Promise<Verdict> {
  const progress: Progress = { check: 'object' };
  const { type, raw, id, format } = object;
  if (objectId(context.crypto, type, raw, format) !== id) {
    return rejected(progress, 'object-id-mismatch', `the object is not ${id}`);
  }
  const split = splitSignedObject(type, raw, format);
  if (split === undefined) return rejected(progress, 'unsigned', `the ${type} has no signature`);
  return verifyDetached(split.payload, split.signature, context, found);
}

/** Verifies a signature as git hands it over, with the payload that it covers. */
export async function verifyDetached(
  payload: Uint8Array,
  signature: Uint8Array,
  context: VerifyContext,
  found?: TransparencyLogEntry,
): Promise<Verdict> {
  const progress: Progress = { check: 'object' };
  return settle(progress, async () => {
    checkKind(signature);
    progress.check = 'cms';
    const signer = readSigner(signature, context.crypto, progress);
    progress.check = 'content';
    checkContent(payload, signer, context.crypto);
    progress.check = 'signature';
    await checkSignature(signer, context.crypto);
    progress.check = 'log';
    const bound = await bindEntry(payload, signature, signer, context.crypto, found);
    const { log, time } = await checkLog(bound, context);
    progress.check = 'time';
    const times = await provenTimes(log, time, signer, context);
    progress.check = 'path';
    const leaf = signer.certificate;
    const summary = progress.certificate ?? summarize(leaf, context.crypto);
    const evidence = await leafEvidence(leaf, summary.sha256, context);
    const issuers = issuersAt(
      evidence,
      times.map((proven) => proven.time),
    );
    const identity = signerOf(leaf);
    progress.check = 'sct';
    await checkTransparency(leaf, issuers, evidence, context);
    if (context.cache !== undefined) trimEvidenceCache(context.cache);
    progress.check = 'policy';
    const logEntry = summarizeEntry(bound, time?.time);
    return decide(
      { status: 'verified', signer: identity, certificate: summary, logEntry, times },
      context.policy,
    );
  });
}

function checkKind(signature: Uint8Array): void {
  const kind = signatureKind(signature);
  if (kind !== 'x509') {
    const what = kind === 'unknown' ? 'no signature of a known kind' : `an ${kind} signature`;
    throw new Refusal('signature-kind-unsupported', `${what} is not checked here`);
  }
}

/** The one signer of a detached message, in the shape that gitsign writes; algorithms by allow-list. */
function readSigner(signature: Uint8Array, crypto: Crypto, progress: Progress): SignerInfo {
  const message = readSignedData(readArmor(signature));
  const { signer } = message;
  const { certificate } = signer;
  progress.certificate = summarize(certificate, crypto);
  if (!isFulcioCertificate(certificate)) {
    throw new Refusal(
      'foreign-issuer',
      'an S/MIME signature by a certificate that no Fulcio issued',
    );
  }
  const claimed = claimedSigner(signer);
  if (claimed !== undefined) progress.claimedSigner = claimed;
  if (message.contentType !== CmsOid.data)
    throw new Refusal('cms-unsupported', 'the message is not about plain data');
  // content inside the message would take the payload's place (threats L1, C01)
  if (message.content !== undefined)
    throw new Refusal('cms-unsupported', 'the message is not detached');
  const supported =
    signer.digestHash === 'sha256' &&
    signer.signatureHash === 'sha256' &&
    certificate.publicKey?.kind === 'p256';
  if (!supported)
    throw new Refusal('cms-unsupported', 'an algorithm other than ECDSA P-256 with SHA-256');
  return signer;
}

function claimedSigner({ certificate }: SignerInfo): Signer | undefined {
  try {
    return signerOf(certificate);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** RFC 5652 §11.1–11.2: the signed attributes are about plain data, and about this payload. */
function checkContent(payload: Uint8Array, signer: SignerInfo, crypto: Crypto): void {
  const attributes = readSignedAttributes(signer.signedAttrs);
  if (attributes.contentType !== CmsOid.data) {
    throw new Refusal('cms-unsupported', 'the signature is not about plain data');
  }
  if (!equal(attributes.messageDigest, crypto.hash('sha256', payload))) {
    throw new Refusal(
      'content-digest-differs',
      'the content is not what was signed (content digest differs)',
    );
  }
}

/** RFC 5652 §5.4: the signature is over the DER of the attributes, exactly as received, under the SET OF tag. */
async function checkSignature(
  { certificate, signedAttrs, signature }: SignerInfo,
  crypto: Crypto,
): Promise<void> {
  const { publicKey } = certificate;
  const holds =
    publicKey !== undefined &&
    (await signatureHolds(crypto, publicKey, 'sha256', signedAttrs, signature));
  if (!holds) throw new Refusal('signature-invalid', 'the signature does not verify');
}

/** An embedded entry that fails is final; only an absent one may come from elsewhere. */
async function bindEntry(
  payload: Uint8Array,
  signature: Uint8Array,
  signer: SignerInfo,
  crypto: Crypto,
  found: TransparencyLogEntry | undefined,
): Promise<BoundEntry> {
  const entry = embeddedEntry(signer.unsignedAttrs);
  if (entry !== undefined) return bindEmbeddedEntry(entry, signer, crypto);
  if (found === undefined)
    throw new Refusal('log-entry-absent', 'the signature holds no log entry');
  return bindFoundEntry(found, signer.certificate, loggedNames(payload, signature, crypto), crypto);
}

function summarizeEntry(
  { entry, body }: BoundEntry,
  integratedTime: number | undefined,
): Verified['logEntry'] {
  const second = equal(body.subarray(0, 22), utf8('{"apiVersion":"0.0.2",'));
  return {
    logId: toHex(entry.logId),
    logIndex: String(entry.logIndex),
    kindVersion: `hashedrekord ${second ? '0.0.2' : '0.0.1'}`,
    ...(integratedTime === undefined ? {} : { integratedTime }),
  };
}

function decide(verified: Verified, policy: IdentityPolicy | undefined): Verdict {
  if (policy === undefined) return verified;
  const decision = decideIdentity(policy, verified.signer);
  if (decision.allowed) return { ...verified, rule: decision.rule };
  const { detail } = decision;
  return {
    ...verified,
    status: 'not-allowed',
    check: 'policy',
    code: 'identity-not-allowed',
    detail,
  };
}
