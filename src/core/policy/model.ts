/**
 * A policy as data: who may sign, and what is asked of what they sign. Plain, so that it crosses threads. Read by
 * policy.ts from `.signet.yaml`, judged by decide.ts; times are Unix seconds, bounds inclusive.
 */

import type { IdentityKind } from '../identity-kind.ts';

/** When a signer may sign; judged at the proven time of the signature, never at today's. */
export interface Validity {
  readonly from?: number;
  readonly until?: number;
}

/** A workflow is bound by where it comes from, what it is called, and what set it off (threat P09). */
export interface WorkflowRule {
  /** Address of the repository, e.g. `https://github.com/acme/app`. */
  readonly repository: string;
  /** Path of the workflow's file in that repository. */
  readonly file: string;
  /** Pattern of the ref that it ran for (patterns.ts). */
  readonly ref: string;
  /** What set it off: one of these. */
  readonly triggers: readonly string[];
  readonly environment?: string;
  /** The forge's number of the repository: outlives a change of its name. */
  readonly repositoryId?: string;
}

/** One way to be allowed. Every field that is present must match; text is compared byte for byte. */
export interface IdentityRule extends Validity {
  readonly name: string;
  readonly identity?: string | undefined;
  /** Regular expression; anchored at both ends by the matcher. */
  readonly identityPattern?: string | undefined;
  readonly issuer?: string | undefined;
  readonly issuerPattern?: string | undefined;
  /** Fulcio extensions by last arc, e.g. { '5': 'org/repo' }; compared byte for byte. */
  readonly extensions?: Readonly<Record<string, string>> | undefined;
  /** The kind of name that the certificate must carry. */
  readonly kind?: IdentityKind;
  readonly workflow?: WorkflowRule;
  /** Further e-mail addresses of this signer's as committer, author and in sign-offs. */
  readonly addresses?: readonly string[];
}

/** A key that the policy itself pins, for histories that hold more than keyless signatures. */
export interface KeyRule extends Validity {
  readonly name: string;
  readonly kind: 'openpgp' | 'ssh';
  /** Armored OpenPGP key, or `TYPE BASE64` of an SSH key. */
  readonly key: string;
  readonly addresses?: readonly string[];
}

/** `match`: refused when it differs; `report`: noted; `ignore`. */
export type Strictness = 'match' | 'report' | 'ignore';

/** What is asked of commits on some refs, or of tags of some names. */
export interface ObjectRule {
  /** How messages call it: `commits[0]`. */
  readonly label: string;
  /** Patterns of refs, or of tag names; absent: all. */
  readonly on?: readonly string[];
  /** Names of signers, roles resolved; absent: every signer of the policy. */
  readonly by?: readonly string[];
  readonly committer: Strictness;
  readonly author: Strictness;
  /** True: a `Signed-off-by` with an address of the signer's own. */
  readonly signOff: boolean;
  /** Seconds that the committer's date may lie from the proven time. */
  readonly maxSkew?: number;
  /** `passing`: a merge's parents pass too; `clean`: and it adds nothing to what git's own merge makes. */
  readonly merges: 'any' | 'passing' | 'clean';
  /** How many different signers what lands here must have. */
  readonly distinctSigners: number;
}

/** Who may sign. Plain data, so that it crosses threads; judged by core/policy/decide.ts. */
export interface IdentityPolicy {
  /** Where it came from, for messages: a path, `REV:PATH`, or `flags`. */
  readonly source: string;
  /** Lower-case hex SHA-256 of what it was read from: part of every cache key. */
  readonly digest: string;
  /** It speaks of identities alone, so nothing else is told of objects either. */
  readonly identitiesOnly?: boolean;
  /** Keyless signers. */
  readonly rules: readonly IdentityRule[];
  readonly keys?: readonly KeyRule[];
  /** By ref; the first that fits a ref governs it. */
  readonly commits?: readonly ObjectRule[];
  /** By tag name. */
  readonly tags?: readonly ObjectRule[];
  /** Who may change the policy, roles resolved; absent: every signer. */
  readonly changes?: readonly string[];
  /** Grows with every change of the policy: a smaller one is a rollback. */
  readonly sequence?: number;
  /** Full hash: this commit and its ancestors are not judged. */
  readonly since?: string;
  /** Signatures without any log entry are accepted, where `signet.log = none` says so too. */
  readonly unlogged?: 'allowed';
}
