/**
 * A policy as data: signers, and rules for the objects that they sign. It is plain data, so that it crosses threads.
 * policy.ts reads it from `.signet.yaml`, and decide.ts applies it. Times are Unix seconds, bounds inclusive.
 */

import type { IdentityKind } from '../identity-kind.ts';

/** The dates in which a signer may sign, compared with the proven time of the signature, never with today. */
export interface Validity {
  readonly from?: number;
  readonly until?: number;
}

/** A workflow is bound by its repository, file, ref and trigger (threat P09). */
export interface WorkflowRule {
  /** Address of the repository, e.g. `https://github.com/acme/app`. */
  readonly repository: string;
  /** Path of the workflow's file in that repository. */
  readonly file: string;
  /** Pattern of the ref that it ran for (patterns.ts). */
  readonly ref: string;
  /** Triggers, of which one must match. */
  readonly triggers: readonly string[];
  readonly environment?: string;
  /** The forge's number of the repository, which stays if the name changes. */
  readonly repositoryId?: string;
}

/** A signer that is allowed. Every field that is present must match. Texts are compared byte for byte. */
export interface IdentityRule extends Validity {
  readonly name: string;
  readonly identity?: string | undefined;
  /** A regular expression. The matcher anchors it at both ends. */
  readonly identityPattern?: string | undefined;
  readonly issuer?: string | undefined;
  readonly issuerPattern?: string | undefined;
  /** Fulcio extensions by last arc, e.g. { '5': 'org/repo' }, compared byte for byte. */
  readonly extensions?: Readonly<Record<string, string>> | undefined;
  /** The kind of name that the certificate must carry. */
  readonly kind?: IdentityKind;
  readonly workflow?: WorkflowRule;
  /** More e-mail addresses of this signer as committer, as author and in sign-offs. */
  readonly addresses?: readonly string[];
}

/** A key that the policy pins, for histories with signatures that are not keyless. */
export interface KeyRule extends Validity {
  readonly name: string;
  readonly kind: 'openpgp' | 'ssh';
  /** Armored OpenPGP key, or `TYPE BASE64` of an SSH key. */
  readonly key: string;
  readonly addresses?: readonly string[];
}

/** The effect of a difference: `match` refuses, `report` notes, `ignore` does nothing. */
export type Strictness = 'match' | 'report' | 'ignore';

/** Approvals that a landing or a tag needs. */
export interface ApprovalsRule {
  /** Number of different people. */
  readonly count: number;
  /** Names of signers whose approval counts, with roles resolved. If absent, every signer of the policy. */
  readonly by?: readonly string[];
  /** True if the people of the change do not count. */
  readonly notAuthor: boolean;
  /** The ref that an approval must name. If absent, the ref that is judged. */
  readonly for?: string;
}

/** The ways in which a forge makes commits of its own out of signed ones. */
export type CarriedWay = 'squash' | 'rebase' | 'merge';

/** Lets a commit pass that a forge made, if it holds what git makes of its parent and a head whose commits all pass. */
export interface CarriedRule {
  readonly how: readonly CarriedWay[];
  /** Patterns of the refs whose commits may be heads. */
  readonly heads: readonly string[];
  /** Names of signers, one of which must have signed the forge's commit. If absent, it needs no signature. */
  readonly by?: readonly string[];
}

/** A rule for commits on some refs, or for tags of some names. */
export interface ObjectRule {
  /** Its name in messages: `commits[0]`. */
  readonly label: string;
  /** Patterns of refs, or of tag names. If absent, all. */
  readonly on?: readonly string[];
  /** Names of signers, with roles resolved. If absent, every signer of the policy. */
  readonly by?: readonly string[];
  readonly committer: Strictness;
  readonly author: Strictness;
  /** True if a `Signed-off-by` with an address of the signer is required. */
  readonly signOff: boolean;
  /** Most seconds between the committer's date and the proven time. */
  readonly maxSkew?: number;
  /** With `passing`, a merge's parents must pass too. With `clean`, the merge must also equal git's own merge. */
  readonly merges: 'any' | 'passing' | 'clean';
  /** Number of different signers that a landing needs. */
  readonly distinctSigners: number;
  readonly approvals?: ApprovalsRule;
  /** Absent if only a commit's own signature counts. */
  readonly carried?: CarriedRule;
}

/** A demand for signed pushes. */
export interface PushRule {
  /** Patterns of the refs whose pushes must be signed. If absent, all. */
  readonly refs?: readonly string[];
}

/** A statement that must be there about the commit that a ref gets, or about a tag. */
export interface AttestationRule {
  /** Its name in messages: `attestations[0]`. */
  readonly label: string;
  /** The predicate type. */
  readonly type: string;
  readonly of: 'commits' | 'tags';
  /** Patterns of refs, or of tag names. */
  readonly on: readonly string[];
  /** Names of signers whose statement counts, with roles resolved. If absent, every signer of the policy. */
  readonly by?: readonly string[];
}

/** What a retraction takes back. */
export type RevokedTarget =
  | {
      readonly kind: 'account';
      readonly identity: string;
      readonly issuer: string;
      /** Unix seconds. The first second of the window. If absent, it has no beginning. */
      readonly from?: number;
      /** Unix seconds. The first second behind the window. If absent, it has no end. */
      readonly until?: number;
    }
  /** Lower-case hex SHA-256 of the certificate's DER. */
  | { readonly kind: 'certificate'; readonly sha256: string }
  /** Lower-case hex id of the log, and a decimal index. */
  | { readonly kind: 'log-entry'; readonly logId: string; readonly index: string }
  /** `SHA256:…` of an SSH key, or upper-case hex of an OpenPGP key. */
  | { readonly kind: 'key'; readonly fingerprint: string };

/** Signatures that no longer count, whatever else the policy says (revocations.ts). */
export interface Revocation {
  readonly target: RevokedTarget;
  /** Shown with every signature that it hits. */
  readonly reason: string;
  /** Full hashes of objects that stay good. */
  readonly except?: readonly string[];
}

/** Whose verification summaries count (`vsa`). */
export interface SummaryTrust {
  /** Names of signers, with roles resolved. */
  readonly by: readonly string[];
  /** Most summaries of a chain from the start of a gate back to the first commit that it would judge. */
  readonly links: number;
}

/** A policy. It is plain data, so that it crosses threads. core/policy/decide.ts applies it. */
export interface IdentityPolicy {
  /** Its source for messages: a path, `REV:PATH`, or `the flags`. */
  readonly source: string;
  /** Lower-case hex SHA-256 of its text. It is part of every cache key. */
  readonly digest: string;
  /** True if it only names identities. Then nothing else about objects is noted. */
  readonly identitiesOnly?: boolean;
  /** Keyless signers. */
  readonly rules: readonly IdentityRule[];
  readonly keys?: readonly KeyRule[];
  /** Rules by ref. The first one that matches a ref governs it. */
  readonly commits?: readonly ObjectRule[];
  /** Rules by tag name. */
  readonly tags?: readonly ObjectRule[];
  /** Pushes that must be signed. Only a server's hook sees pushes. */
  readonly push?: PushRule;
  /** Statements that must be there. Every rule that fits counts. */
  readonly attestations?: readonly AttestationRule[];
  /** Names of signers that may change the policy, with roles resolved. If absent, every signer. */
  readonly changes?: readonly string[];
  /** Signatures that no longer count. */
  readonly revoked?: readonly Revocation[];
  /** Grows with every change of the policy. A smaller one is a rollback. */
  readonly sequence?: number;
  /** Full hash of the start. It and its ancestors are not judged. */
  readonly since?: string;
  /** Whose verification summaries count. If absent, no summary counts. */
  readonly vsa?: SummaryTrust;
  /** Signatures without any log entry count, if `signet.log = none` says so too. */
  readonly unlogged?: 'allowed';
}
