/**
 * Reads and writes approvals, and tells whose approval counts. An approval is a statement about one commit and its tree:
 * what lies between its base and this commit may land on one ref. The gate compares it with what lands (docs/policy.md).
 */

import type { Json } from '../json.ts';
import type { Statement, SubjectType } from '../statement/statement.ts';
import type { Signer } from '../verdict.ts';
import { governing } from './decide.ts';
import { meets } from './identity.ts';
import type { ApprovalsRule, IdentityPolicy, ObjectRule } from './model.ts';
import { matchesRef, matchesWhole } from './patterns.ts';
import { isFullRef } from './read-approvals.ts';

/** The predicate type of an approval. */
export const APPROVAL_TYPE = 'urn:git-signet:approval:v1';
const TAGS = 'refs/tags/';

/** What an approval says. All hashes are full, in lower-case hex. */
export interface Approval {
  /** The approved commit, which is the head of the approved commits. */
  readonly commit: string;
  /** The tree of that commit. */
  readonly tree: string;
  /** The tag object, if an existing tag was approved. */
  readonly tag?: string;
  /** Full name of the ref that it is for. */
  readonly ref: string;
  /** The head's ancestor whose commits are not approved. If absent, all commits that the head reaches are. Always absent for a tag. */
  readonly base?: string;
  /** Address of the repository, as report/repository-uri.ts writes it. */
  readonly repository?: string;
}

const HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Returns true if every key is one of these. */
function holdsOnly(json: Json, keys: readonly string[]): boolean {
  return Object.keys(json).every((key) => keys.includes(key));
}

/**
 * Returns what an approval says, or undefined for any other statement and for one that is not exactly in this form: one
 * commit, one tree, for a tag perhaps one tag, and `{ref, base, repository}`. `base` is null if there is none.
 */
export function approvalIn({
  subjects,
  predicateType,
  predicate,
}: Statement): Approval | undefined {
  if (predicateType !== APPROVAL_TYPE) return undefined;
  if (!holdsOnly(predicate, ['ref', 'base', 'repository'])) return undefined;
  const ids = (type: SubjectType) =>
    subjects.flatMap((each) => (each.type === type ? [each.id] : []));
  const [[commit, ...commits], [tree, ...trees], [tag, ...tags]] = [
    ids('commit'),
    ids('tree'),
    ids('tag'),
  ];
  if (commit === undefined || tree === undefined) return undefined;
  if (commits.length + trees.length + tags.length > 0) return undefined;
  const { ref, base, repository } = predicate;
  if (typeof ref !== 'string' || !isFullRef(ref)) return undefined;
  if (repository !== undefined && (typeof repository !== 'string' || repository === ''))
    return undefined;
  const forTag = ref.startsWith(TAGS);
  if (forTag ? base !== undefined : tag !== undefined || base === undefined) return undefined;
  const based = typeof base === 'string' && HASH.test(base);
  if (!forTag && base !== null && !based) return undefined;
  const lengths = new Set(
    [commit, tree, ...(based ? [base] : []), ...(tag === undefined ? [] : [tag])].map(
      ({ length }) => length,
    ),
  );
  if (lengths.size > 1) return undefined;
  return {
    ...{ commit, tree, ref },
    ...(tag === undefined ? {} : { tag }),
    ...(based ? { base } : {}),
    ...(repository === undefined ? {} : { repository }),
  };
}

/** Returns the statement that says so. */
export function approvalStatement({
  commit,
  tree,
  tag,
  ref,
  base,
  repository,
}: Approval): Statement {
  const subjects = [
    { type: 'commit', id: commit } as const,
    { type: 'tree', id: tree } as const,
    ...(tag === undefined ? [] : [{ type: 'tag', id: tag } as const]),
  ];
  const predicate = {
    ref,
    ...(ref.startsWith(TAGS) ? {} : { base: base ?? null }),
    ...(repository === undefined ? {} : { repository }),
  };
  return { subjects, predicateType: APPROVAL_TYPE, predicate };
}

/** A rule that asks for approvals. */
export type AskingRule = Pick<ObjectRule, 'on'> & { readonly approvals: ApprovalsRule };

/** A policy that judges an object, and the rules of it that ask for approvals. */
export interface ApprovalsDue {
  readonly policy: IdentityPolicy;
  readonly rules: readonly AskingRule[];
}

/** Returns the rules that ask for approvals. */
export function asking(rules: readonly ObjectRule[]): readonly AskingRule[] {
  return rules.flatMap(({ on, approvals }) =>
    approvals === undefined ? [] : [on === undefined ? { approvals } : { on, approvals }],
  );
}

/** Returns true if the rule for commits on this ref asks for approvals or for several signers. */
export function asksForPeople(policy: IdentityPolicy | undefined, ref: string): boolean {
  if (policy === undefined) return false;
  const rules = governing(policy, { type: 'commit', ref }, undefined);
  return asking(rules).length > 0 || rules.some(({ distinctSigners }) => distinctSigners > 1);
}

/** Returns true if an approval for this ref is one that the rule asks for. `judged` is the ref that is judged, if it is known. */
export function isWantedRef(
  { on, approvals }: AskingRule,
  ref: string,
  judged: string | undefined,
): boolean {
  if (approvals.for !== undefined) return ref === approvals.for;
  if (judged !== undefined) return ref === judged;
  if (ref.startsWith(TAGS)) return false;
  return on === undefined || on.some((pattern) => matchesRef(pattern, ref));
}

/** The people of a change, as far as it names or proves them. */
export interface Authors {
  /** Signers whose signature is proved. */
  readonly signers: readonly Signer[];
  /** Names of the policy whose pinned key made a signature. */
  readonly names: readonly string[];
  /** E-mail addresses of authors, committers and taggers. */
  readonly addresses: readonly string[];
}

/** Returns the address in lower case. A change of case must not hide an author. */
const folded = (address: string): string => address.toLowerCase();

/**
 * Returns true if a person of the policy is one of the authors, under any account of this name. `approver` is the signer of
 * the approval.
 */
export function isAuthor(
  { rules, keys = [] }: IdentityPolicy,
  person: string,
  approver: Signer,
  authors: Authors,
): boolean {
  const personOf = (signer: Signer) => rules.find((rule) => meets(rule, signer))?.name;
  if (authors.names.includes(person)) return true;
  if (authors.signers.some((signer) => personOf(signer) === person)) return true;
  const entries = rules.filter(({ name }) => name === person);
  const more = keys.filter(({ name }) => name === person);
  const own = new Set(
    [
      ...(approver.kind === 'email' ? [approver.value] : []),
      ...entries.flatMap(({ identity }) => identity ?? []),
      ...[...entries, ...more].flatMap(({ addresses = [] }) => addresses),
    ].map(folded),
  );
  const patterns = entries.flatMap(({ identityPattern }) => identityPattern ?? []);
  return authors.addresses.some(
    (address) =>
      own.has(folded(address)) ||
      patterns.some(
        (pattern) => matchesWhole(pattern, address) || matchesWhole(pattern, folded(address)),
      ),
  );
}
