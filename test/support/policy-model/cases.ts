/**
 * What the second model of the policy judges: policies as their files say them, and histories as plain records. Nothing
 * here comes from the code that is tested.
 */

/** A signer as a policy file names it. */
export interface SignerEntry {
  readonly name: string;
  readonly identity?: string;
  readonly 'identity-pattern'?: string;
  readonly username?: string;
  readonly spiffe?: string;
  readonly workflow?: WorkflowEntry;
  readonly issuer?: string;
  readonly ssh?: string;
  readonly openpgp?: string;
  readonly from?: string;
  readonly until?: string;
  readonly committers?: readonly string[];
}

export interface WorkflowEntry {
  readonly repository: string;
  readonly file: string;
  readonly ref: string;
  readonly trigger: string | readonly string[];
  readonly environment?: string;
  readonly 'repository-id'?: string;
}

type Strictness = 'match' | 'report' | 'ignore';

export interface RuleEntry {
  readonly refs?: readonly string[];
  readonly names?: readonly string[];
  readonly by?: readonly string[];
  readonly committer?: Strictness;
  readonly tagger?: Strictness;
  readonly author?: Strictness;
  readonly 'sign-off'?: 'signer';
  readonly 'max-skew'?: string;
  readonly merges?: 'any' | 'passing' | 'clean';
  readonly 'distinct-signers'?: number;
  readonly approvals?: ApprovalsEntry;
  readonly carried?: CarriedEntry;
}

export interface ApprovalsEntry {
  readonly count: number;
  readonly by?: readonly string[];
  readonly not?: 'author';
  readonly for?: string;
}

export type How = 'squash' | 'rebase' | 'merge';

export interface CarriedEntry {
  readonly how: readonly How[];
  readonly heads?: readonly string[];
  readonly by?: readonly string[];
}

/** A statement that must be there. */
export interface AttestationEntry {
  readonly type: string;
  readonly by?: readonly string[];
  readonly refs?: readonly string[];
  readonly names?: readonly string[];
}

/** What a policy takes back. */
export interface RevokedEntry {
  readonly identity?: string;
  readonly issuer?: string;
  readonly from?: string;
  readonly until?: string;
  readonly certificate?: string;
  readonly log?: string;
  readonly index?: number;
  readonly key?: string;
  readonly except?: readonly string[];
  readonly reason: string;
}

/** A policy file's content. */
export interface PolicyDocument {
  readonly version: 1;
  readonly sequence?: number;
  readonly signers: readonly SignerEntry[];
  readonly roles?: Readonly<Record<string, readonly string[]>>;
  readonly commits?: readonly RuleEntry[];
  readonly tags?: readonly RuleEntry[];
  readonly changes?: readonly string[];
  readonly revoked?: readonly RevokedEntry[];
  readonly attestations?: readonly AttestationEntry[];
}

/** Who made a signature: an account or a workflow that a certificate names, or a key. */
export type SignedBy = ByCertificate | ByKey;

export interface ByCertificate {
  readonly kind: 'email' | 'otherName' | 'uri';
  readonly value: string;
  readonly issuer: string;
  /** The job that a workflow's certificate names. */
  readonly job?: Job;
}

export interface ByKey {
  readonly kind: 'ssh' | 'openpgp';
  readonly value: string;
}

export function isKey(by: SignedBy): by is ByKey {
  return by.kind === 'ssh' || by.kind === 'openpgp';
}

export interface Job {
  readonly repository: string;
  readonly file: string;
  readonly ref: string;
  readonly trigger: string;
  readonly environment?: string;
  readonly repositoryId?: string;
}

/** A person line of an object, or `odd` for one that git's programs read in different ways. */
export type PersonLine = { readonly email: string; readonly time: number } | 'odd';

/** What a signed object says, and what its evidence proves. */
export interface Act {
  readonly type: 'commit' | 'tag';
  /** Full hash. */
  readonly id: string;
  /** Undefined: the object has no signature, or one whose evidence does not hold. */
  readonly by: SignedBy | undefined;
  /** Proven times in Unix seconds. For a key, the one time that the signature or the committer claims. */
  readonly times: readonly number[];
  /** First second of the certificate, its SHA-256, and the log entry. A signature by a key has none of them. */
  readonly issued: number;
  readonly certificate: string;
  readonly log: string;
  readonly index: number;
  readonly committer: PersonLine;
  readonly author: PersonLine;
  readonly signOffs: readonly string[];
  readonly tagName?: string;
}

export interface Commit extends Act {
  readonly type: 'commit';
  /** Positions in the history. -1 is a commit before the start, which is no descendant of it. */
  readonly parents: readonly number[];
  /** Position of the policy in its tree, or that there is none, or one that cannot be read. */
  readonly policy: number | 'none' | 'broken';
  /** A merge: its tree is the one that git's own merge makes. */
  readonly clean: boolean;
  /** What its tree holds beside the policy, and its message. Only cases of a world have them. */
  readonly files?: Readonly<Record<string, number>>;
  readonly message?: string;
}

/** A signed statement. */
export interface Statement extends Pick<Act, 'times' | 'issued' | 'certificate' | 'log' | 'index'> {
  readonly by: ByCertificate;
  /** False: a byte of the evidence was changed. */
  readonly holds: boolean;
  /** Full hashes of the objects that it is about: commits, then trees. */
  readonly commits: readonly string[];
  readonly trees: readonly string[];
  readonly tags: readonly string[];
  readonly type: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** What is at hand beside the commits that a run judges. */
export interface World {
  /** The commit that the run judges last. Others belong to heads only. */
  readonly tip: number;
  /** The run judges the tip alone. */
  readonly single: boolean;
  readonly heads: readonly { readonly ref: string; readonly at: number }[];
  readonly statements: readonly Statement[];
  /** Addresses of the repository that the gate knows. */
  readonly addresses: readonly string[];
}

/** A run of the gate. Commit 0 is the start: it is not judged. Parents stand before their children. */
export interface Case {
  readonly policies: readonly PolicyDocument[];
  readonly commits: readonly Commit[];
  /** The policy that judges: the one in this place, or those in each commit's parents. */
  readonly judgedBy: number | 'parents';
  /** The ref that the commits are for, if it is known. */
  readonly ref: string | undefined;
  /** A tag on the last commit. */
  readonly tag: (Act & { readonly type: 'tag' }) | undefined;
  readonly world?: World;
}

/** What a judge says of one object. */
export interface Said {
  readonly status: 'verified' | 'not-allowed' | 'unsigned' | 'undecided';
  /** Why it is not allowed. */
  readonly code?: string;
  /** The entry that allowed it. */
  readonly rule?: string;
  /** How a commit is carried that does not pass by its own signature. */
  readonly carried?: How;
  /** Codes of remarks that decide nothing, sorted. */
  readonly notes?: readonly string[];
}

/** The pattern languages as tables: no matcher of the model can share a fault with the one that it judges. */
export const IDENTITY_PATTERNS: Readonly<Record<string, (value: string) => boolean>> = {
  'alice@a\\.test': (value) => value === 'alice@a.test',
  '.*@a\\.test': (value) => value.endsWith('@a.test'),
  'alice|bob@a\\.test': (value) => value === 'alice' || value === 'bob@a.test',
  '[^@]+@a\\.test': (value) =>
    /^.+$/s.test(value) &&
    value.indexOf('@a.test') === value.length - 7 &&
    value.indexOf('@') === value.length - 7 &&
    value.length > 7,
  'bob.a.test': (value) =>
    value.length === 10 && value.startsWith('bob') && value.endsWith('a.test'),
};

/** The refs that can be meant, with a ref for each pattern that no narrower pattern takes. */
export const REFS = [
  'refs/heads/main',
  'refs/heads/next',
  'refs/heads/rel/1',
  'refs/heads/rel/x/y',
  'refs/notes/x',
] as const;

export const REF_PATTERNS: Readonly<Record<string, readonly string[]>> = {
  'refs/heads/main': ['refs/heads/main'],
  'refs/heads/*': ['refs/heads/main', 'refs/heads/next'],
  'refs/heads/rel/*': ['refs/heads/rel/1'],
  'refs/heads/**': REFS.slice(0, 4),
  'refs/**': REFS,
};

export const TAG_NAMES = ['v1', 'v1/rc', 'nightly'] as const;

export const TAG_PATTERNS: Readonly<Record<string, readonly string[]>> = {
  'v*': ['v1'],
  'v**': ['v1', 'v1/rc'],
  nightly: ['nightly'],
  '**': TAG_NAMES,
};

/** Refs that a workflow's rule may name, by pattern. */
export const JOB_REFS: Readonly<Record<string, readonly string[]>> = {
  'refs/heads/main': ['refs/heads/main'],
  'refs/tags/*': ['refs/tags/v1'],
  'refs/**': ['refs/heads/main', 'refs/tags/v1', 'refs/pull/7/merge'],
};

/** Refs of heads, by pattern. */
export const HEAD_REFS = [
  'refs/pull/7/head',
  'refs/pull/8/head',
  'refs/pull/9/merge',
  'refs/merge-requests/7/head',
  'refs/remotes/origin/pull/8',
  'refs/heads/topic',
] as const;

/** Those that fit a pattern, and those that fit without `heads`. */
export const HEAD_PATTERNS: Readonly<Record<string, readonly string[]>> = {
  'refs/pull/*/head': HEAD_REFS.slice(0, 2),
  'refs/pull/**': HEAD_REFS.slice(0, 3),
  'refs/heads/topic': ['refs/heads/topic'],
  'refs/pull/7/head': ['refs/pull/7/head'],
};
export const DEFAULT_HEADS: readonly string[] = [0, 1, 3, 4].map((at) => HEAD_REFS[at] ?? '');

/** Types of statements by the names that a rule may use, and one that has no short name. */
export const STATEMENT_TYPES: Readonly<Record<string, string>> = {
  'test-result': 'https://in-toto.io/attestation/test-result/v0.1',
  review: 'https://in-toto.io/attestation/human-review/v0.1',
  'https://x.test/type': 'https://x.test/type',
};
export const APPROVAL_TYPE = 'urn:git-signet:approval:v1';

/** Durations of `max-skew`, in seconds. */
export const DURATIONS: Readonly<Record<string, number>> = {
  '90s': 90,
  '10m': 600,
  '24h': 86_400,
  '7d': 604_800,
};

const hex = (digit: string): string => digit.repeat(64);
export const CERTIFICATES = [hex('c'), hex('d')] as const;
export const LOGS = [hex('1'), hex('2')] as const;

const ssh = (fill: number): string =>
  `ssh-ed25519 ${Buffer.from([0, 0, 0, 11, ...Buffer.from('ssh-ed25519'), 0, 0, 0, 32, ...Array<number>(32).fill(fill)]).toString('base64')}`;
const openpgp = (text: string): string =>
  `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${text}\n-----END PGP PUBLIC KEY BLOCK-----\n`;

/** Keys that policies may pin, with the fingerprints by which they are revoked. */
export const KEYS: readonly (ByKey & { readonly fingerprint: string })[] = [
  { kind: 'ssh', value: ssh(1), fingerprint: `SHA256:${'A'.repeat(43)}` },
  { kind: 'ssh', value: ssh(2), fingerprint: `SHA256:${'B'.repeat(43)}` },
  { kind: 'openpgp', value: openpgp('AAAA'), fingerprint: 'A'.repeat(40) },
  { kind: 'openpgp', value: openpgp('BBBB'), fingerprint: 'B'.repeat(40) },
];

export function fingerprintOf(by: ByKey): string {
  return KEYS.find(({ value }) => value === by.value)?.fingerprint ?? '';
}
