/**
 * Verifies by an ordered list of checks: split, CMS, content, signature, log, times, path, SCT, policy.
 * Each check is one call that takes bytes or the proof of the last one. A refusal is a value. An exception that is not
 * a Refusal is a bug and goes up.
 */

import type { SignerInfo } from './cms/signed-data.ts';
import { checkEvidence, type EvidenceContext, standsUnlogged } from './evidence.ts';
import { trimEvidenceCache } from './evidence-cache.ts';
import { MAX_OBJECT } from './git/limits.ts';
import {
  type ObjectFormat,
  type ObjectType,
  objectId,
  openObject,
  openPayload,
  payloadType,
} from './git/signed-object.ts';
import { loggedNames } from './log-lookup.ts';
import {
  type Decision,
  decide,
  type NotedFacts,
  type Party,
  type Subject,
} from './policy/decide.ts';
import { rejected, tooLarge } from './rejection.ts';
import {
  type BoundEntry,
  bindEmbeddedEntry,
  bindFoundEntry,
  embeddedEntry,
} from './rekor/bound-entry.ts';
import type { TransparencyLogEntry } from './rekor/log-entry.ts';
import { checkContent, checkKind, type Progress, readSigner, signedBytesOf } from './signer.ts';
import {
  type Finding,
  type IdentityPolicy,
  type NotAllowed,
  Refusal,
  type Verdict,
  type Verified,
} from './verdict.ts';

export interface VerifyContext extends EvidenceContext {
  /** The policy. If undefined, only the evidence is checked. */
  readonly policy?: IdentityPolicy | undefined;
  /** The ref that commits are for, if it is known. Rules by ref depend on it. */
  readonly ref?: string | undefined;
  /** Facts about this object that are not in its bytes. */
  readonly noted?: NotedFacts | undefined;
  /** More policies that must also allow it. */
  readonly alsoUnder?: readonly IdentityPolicy[];
}

/** An object as its repository stores it. */
export interface SignedObject {
  readonly type: ObjectType;
  /** The hash that the caller asked for, in lower-case hex. */
  readonly id: string;
  /** Body without the `type size\0` header. */
  readonly raw: Uint8Array;
  readonly format: ObjectFormat;
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
 * Verifies a raw commit or tag: its bytes match the hash, git reads it in one way only, and its signature verifies for the
 * rest of it. `found` is a log entry that was looked up. It is used only if the signature embeds none.
 */
export async function verifyObject(
  object: SignedObject,
  context: VerifyContext,
  found?: TransparencyLogEntry,
): Promise<Verdict> {
  const progress: Progress = { check: 'object' };
  const { type, raw, id, format } = object;
  if (raw.length > MAX_OBJECT) return tooLarge(raw.length);
  if (objectId(context.crypto, type, raw, format) !== id) {
    return rejected(progress, 'object-id-mismatch', `the object is not ${id}`);
  }
  return settle(progress, async () => {
    const { split } = openObject(type, raw, format);
    if (split === undefined) throw new Refusal('unsigned', `the ${type} has no signature`);
    const verdict = await verifyEvidence(split.payload, split.signature, context, found);
    return underPolicies(verdict, context, { type, payload: split.payload, ids: [id] });
  });
}

/**
 * Verifies a signature as git gives it, with the payload that it covers. git gives no object, so the place of a header
 * that was cut out is not seen here. A push certificate must be as git writes it. A payload of no known kind, such as a file, is
 * verified as bytes.
 */
export async function verifyDetached(
  payload: Uint8Array,
  signature: Uint8Array,
  context: VerifyContext,
  found?: TransparencyLogEntry,
): Promise<Verdict> {
  if (payload.length > MAX_OBJECT) return tooLarge(payload.length);
  return settle({ check: 'object' }, async () => {
    openPayload(payload);
    const verdict = await verifyEvidence(payload, signature, context, found);
    const ids = detachedIds(context, payload, signature);
    return underPolicies(verdict, context, { type: payloadType(payload), payload, ids });
  });
}

/** Runs every check but the last: whether the evidence holds, for any signer. */
async function verifyEvidence(
  payload: Uint8Array,
  signature: Uint8Array,
  context: EvidenceContext,
  found: TransparencyLogEntry | undefined,
): Promise<Verdict> {
  const progress: Progress = { check: 'object' };
  // the cache is trimmed first, because a refused signature also adds to it
  if (context.cache !== undefined) trimEvidenceCache(context.cache);
  return settle(progress, async () => {
    checkKind(signature, context.crypto, progress);
    progress.check = 'cms';
    const signer = readSigner(signature, context.crypto, progress);
    progress.check = 'content';
    checkContent(payload, signer, context.crypto);
    const bind = () => bindEntry(payload, signature, signer, context, found);
    return checkEvidence(signedBytesOf(signer), bind, context, progress);
  });
}

/** Binds the log entry. A wrong embedded entry is final. Only an absent one may be looked up or, if allowed, be missing. */
async function bindEntry(
  payload: Uint8Array,
  signature: Uint8Array,
  signer: SignerInfo,
  context: EvidenceContext,
  found: TransparencyLogEntry | undefined,
): Promise<BoundEntry | undefined> {
  const { crypto } = context;
  const signed = signedBytesOf(signer);
  const entry = embeddedEntry(signer.unsignedAttrs);
  if (entry !== undefined) return bindEmbeddedEntry(entry, signed, crypto);
  if (found === undefined) {
    if (standsUnlogged(signed, context)) return undefined;
    throw new Refusal('log-entry-absent', 'the signature holds no log entry');
  }
  return bindFoundEntry(found, signer.certificate, loggedNames(payload, signature, crypto), crypto);
}

/** Returns the verdict under all policies of the context. The first one that does not allow it decides. */
export function underPolicies(
  evidence: Verdict,
  {
    policy,
    alsoUnder = [],
    ref,
    noted,
  }: Pick<VerifyContext, 'policy' | 'alsoUnder' | 'ref' | 'noted'>,
  object: Pick<Subject, 'type' | 'payload' | 'ids'>,
): Verdict {
  const subject = { ...object, ref, ...noted };
  const verdict = applyPolicy(evidence, policy, subject);
  for (const also of alsoUnder) {
    const other = applyPolicy(evidence, also, subject);
    if (verdict.status === 'verified' && other.status === 'not-allowed') return other;
  }
  return verdict;
}

/**
 * Returns the full hashes that the object of a detached signature has, as git writes it (SHA-1). They are computed only if
 * an entry of `revoked` may except an object by its hash.
 */
export function detachedIds(
  { policy, alsoUnder = [], crypto }: Pick<VerifyContext, 'policy' | 'alsoUnder' | 'crypto'>,
  payload: Uint8Array,
  signature: Uint8Array,
): readonly string[] {
  const excepts = [policy, ...alsoUnder].some((each) =>
    each?.revoked?.some(({ except }) => except !== undefined),
  );
  return excepts ? loggedNames(payload, signature, crypto) : [];
}

/** Returns what a policy judges of a keyless signature. */
export function partyOf({ signer, times, certificate, logEntry }: Verified | NotAllowed): Party {
  return { signer, times: times.map(({ time }) => time), certificate, logEntry };
}

/** Returns the verdict under a policy: `verified` with a rule, or `not-allowed`. Any other verdict stays. */
export function applyPolicy(
  verdict: Verdict,
  policy: IdentityPolicy | undefined,
  subject: Subject,
): Verdict {
  if (policy === undefined || verdict.status !== 'verified') return verdict;
  return underDecision(verdict, decide(policy, partyOf(verdict), subject));
}

const UNLOGGED: Finding = {
  code: 'unlogged',
  detail: 'in no log: accepted for its timestamp (unlogged: allowed, signet.log = none)',
  severity: 'note',
};

/** Returns a verified verdict under a policy's decision. */
export function underDecision(verdict: Verified, decision: Decision): Verified | NotAllowed {
  const { rule: _, findings: __, ...evidence } = verdict;
  const findings = [...(evidence.logEntry === undefined ? [UNLOGGED] : []), ...decision.findings];
  const noticed = findings.length === 0 ? {} : { findings };
  if (decision.allowed) return { ...evidence, rule: decision.rule, ...noticed };
  const { code, detail } = decision;
  return { ...evidence, status: 'not-allowed', check: 'policy', code, detail, ...noticed };
}
