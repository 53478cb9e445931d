/**
 * The results of verification. A refusal is a value, and a breakage is an exception (errors.ts). A proven signer exists
 * only if the evidence holds.
 */

import type { IdentityKind, KeyKind } from './identity-kind.ts';
import type { CarriedWay } from './policy/model.ts';

/** The ordered checks of core/verify.ts. `check` of a rejection names the failed one. */
export type Check =
  | 'object'
  | 'cms'
  | 'content'
  | 'signature'
  | 'log'
  | 'time'
  | 'path'
  | 'sct'
  | 'policy';

/** Stable reason codes. Tests assert these, never prose. */
export type ReasonCode =
  // object, push
  | 'unsigned'
  | 'signature-kind-unsupported'
  | 'object-id-mismatch'
  | 'object-malformed'
  | 'object-too-large'
  | 'tag-name-differs'
  | 'bundle-malformed'
  | 'bundle-unsupported'
  | 'statement-malformed'
  | 'statement-subject-differs'
  | 'statement-without-evidence'
  | 'push-not-fresh'
  | 'push-elsewhere'
  | 'push-differs'
  | 'push-out-of-time'
  | 'summary-missing'
  // cms
  | 'armor-malformed'
  | 'cms-malformed'
  | 'cms-unsupported'
  | 'signer-ambiguous'
  | 'certificate-malformed'
  // content, signature
  | 'content-digest-differs'
  | 'signature-invalid'
  // log
  | 'log-entry-absent'
  | 'log-entry-not-found'
  | 'log-unreachable'
  | 'log-entry-malformed'
  | 'log-entry-unsupported'
  | 'log-unknown'
  | 'log-entry-mismatch'
  | 'inclusion-proof-invalid'
  | 'checkpoint-invalid'
  | 'inclusion-promise-invalid'
  // time
  | 'time-missing'
  | 'time-in-future'
  | 'timestamp-invalid'
  | 'timestamp-untrusted'
  // path
  | 'issuer-untrusted'
  | 'foreign-issuer'
  | 'certificate-expired-at-signing'
  | 'certificate-unsuitable'
  | 'identity-ambiguous'
  // sct
  | 'sct-missing'
  | 'sct-invalid'
  // trust, policy
  | 'no-trust-material'
  | PolicyCode;

/** The reasons why a policy refuses. Some of them may also be notes. */
export type PolicyCode =
  | 'revoked'
  | 'identity-not-allowed'
  | 'signer-out-of-dates'
  | 'role-not-allowed'
  | 'committer-differs'
  | 'author-differs'
  | 'sign-off-missing'
  | 'date-too-far'
  | 'merge-parent-not-verified'
  | 'merge-not-clean'
  | 'attestation-missing'
  | 'too-few-signers'
  | 'too-few-approvals'
  | 'summary-not-met'
  | 'carried-search-stopped'
  | 'key-not-pinned'
  | 'policy-missing'
  | 'policy-invalid'
  | 'policy-removed'
  | 'policy-rolled-back'
  | 'policy-change-not-allowed';

/** A finding of a policy about an object whose evidence holds. */
export interface Finding {
  readonly code: PolicyCode | 'tag-version-not-newer' | 'unlogged' | 'carried-head-doubtful';
  /** One line for display. Hostile text in it is not yet escaped. */
  readonly detail: string;
  /** A refusal makes the object `not-allowed`. A note has no effect. */
  readonly severity: 'refusal' | 'note';
}

/** A refusal that a check throws and `verify` turns into a value. It never leaves the core. */
export class Refusal extends Error {
  readonly code: ReasonCode;
  constructor(code: ReasonCode, detail: string) {
    super(detail);
    this.name = 'Refusal';
    this.code = code;
  }
}

/** The signer that a certificate names. Raw text, so escape it for a terminal or a status line. */
export interface Signer {
  readonly kind: IdentityKind;
  readonly value: string;
  /** The OpenID Connect issuer (extension 1.3.6.1.4.1.57264.1.8, else .1.1). */
  readonly issuer: string;
  /** Fulcio extensions by the last arc of 1.3.6.1.4.1.57264.1.N, e.g. { '5': 'org/repo' }. */
  readonly extensions: Readonly<Record<string, string>>;
}

export interface CertificateSummary {
  /** Lower-case hex digests of the DER. */
  readonly sha1: string;
  readonly sha256: string;
  /** Unix seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface LogEntrySummary {
  /** Lower-case hex. */
  readonly logId: string;
  /** Decimal. It may exceed 2^53. */
  readonly logIndex: string;
  /** Unix seconds. Absent for logs that vouch for no time (Rekor v2). */
  readonly integratedTime?: number | undefined;
  readonly kindVersion: string;
}

/** A time that a trusted log or timestamp authority vouches for. */
export interface ProvenTime {
  readonly source: 'rekor' | 'timestamp-authority';
  /** Unix seconds. */
  readonly time: number;
  /** The log's id, or the SHA-256 of the timestamp authority's certificate, in lower-case hex. */
  readonly authority: string;
}

/** An approval that counts for an object. Texts are raw, so escape them for a terminal. */
export interface CountedApproval {
  /** The policy's name for the person. */
  readonly person: string;
  readonly signer: Signer;
  /** Full hash of the approved commit. */
  readonly commit: string;
  /** Full hash. Absent if the approval has no base. */
  readonly base?: string | undefined;
  readonly ref: string;
  /** How the object follows from the approved commit. */
  readonly how: 'as it was' | 'merged' | 'rebased' | 'squashed' | 'carried' | 'tagged';
  /** Unix seconds. The last proven time. */
  readonly time: number;
  readonly logEntry?: LogEntrySummary | undefined;
}

/** What a rule that asks for approvals adds to an outcome. */
export interface Approvable {
  /** The approvals that count. Absent if no rule asks for any. */
  readonly approvals?: readonly CountedApproval[];
}

export interface Verified extends Approvable {
  readonly status: 'verified';
  readonly signer: Signer;
  readonly certificate: CertificateSummary;
  /** Absent only if policy and configuration accept signatures in no log. */
  readonly logEntry?: LogEntrySummary | undefined;
  readonly times: readonly ProvenTime[];
  /** Name of the policy rule that allowed the signer. Absent without a policy. */
  readonly rule?: string | undefined;
  readonly findings?: readonly Finding[];
}

/** The evidence holds, but the policy does not allow the signer. */
export interface NotAllowed extends Omit<Verified, 'status' | 'rule'> {
  readonly status: 'not-allowed';
  readonly check: 'policy';
  readonly code: PolicyCode;
  readonly detail: string;
}

export interface Rejected {
  readonly status: 'refused' | 'undecided' | 'unsigned';
  readonly check: Check;
  readonly code: ReasonCode;
  /** One line for display. Hostile text in it is not yet escaped. */
  readonly detail: string;
  /** The unproven claim of the certificate or key, which is never a signer. */
  readonly claimedSigner?: Signer | undefined;
  readonly certificate?: CertificateSummary | undefined;
  /** The kind of the signature, if it is known and not x509. */
  readonly kind?: KeyKind | undefined;
  /** Why no head carries the commit, if one could. `detail` says it too. */
  readonly notCarried?: string | undefined;
}

export type Verdict = Verified | NotAllowed | Rejected;

/** A signature that verifies with a key that the policy pins, without log or certificate. */
export interface KeyVerified extends Approvable {
  readonly status: 'verified';
  readonly kind: KeyKind;
  readonly signer: Signer;
  /** The key as the policy pins it. */
  readonly key: string;
  readonly rule: string;
  readonly findings?: readonly Finding[];
}

/** The policy does not pin the key, or does not allow it here. `signer` is present if the signature verified. */
export interface KeyNotAllowed extends Approvable {
  readonly status: 'not-allowed';
  readonly kind: KeyKind;
  readonly signer?: Signer | undefined;
  readonly claimedSigner?: Signer | undefined;
  readonly check: 'policy';
  readonly code: PolicyCode;
  readonly detail: string;
  readonly findings?: readonly Finding[];
}

/** A signer of a commit that another commit carries. */
export interface CarriedSigner {
  /** The policy's name for the signer. */
  readonly name: string;
  readonly signer: Signer;
  /** The key as the policy pins it, if it is one. */
  readonly key?: string;
}

/** The signed commits whose work a commit of a forge holds. */
export interface Carried {
  readonly how: CarriedWay;
  /** Full hash of the head. */
  readonly head: string;
  /** Full name of a ref that holds the head. Absent if no ref was needed. */
  readonly ref?: string | undefined;
  /** Full hashes of the commits that are carried, parents first. */
  readonly commits: readonly string[];
  readonly signers: readonly CarriedSigner[];
}

/** A commit that passes because its head's commits pass. Its own author, committer and message may be unsigned. */
export interface CarriedVerified extends Approvable {
  readonly status: 'verified';
  readonly carried: Carried;
  /** Names of the signers, with commas. */
  readonly rule: string;
  readonly findings?: readonly Finding[];
}

/** A carried commit that another rule refuses, or one for which the search for a head was stopped. */
export interface CarriedNotAllowed extends Approvable {
  readonly status: 'not-allowed';
  readonly carried?: Carried | undefined;
  readonly check: 'policy';
  readonly code: PolicyCode;
  readonly detail: string;
  readonly findings?: readonly Finding[];
}

/** The result for an object: a verdict on a keyless signature, on one by a pinned key, or on a commit that a head carries. */
export type Outcome = Verdict | KeyVerified | KeyNotAllowed | CarriedVerified | CarriedNotAllowed;

export type { IdentityPolicy, IdentityRule } from './policy/model.ts';
