/** Judges tags by the rule for their name, if it asks for approvals (docs/policy.md). It is loaded on use. */

import { commitHeader, tagHeader } from '../../core/git/header.ts';
import { readPerson } from '../../core/git/person.ts';
import { asking, isAuthor } from '../../core/policy/approvals.ts';
import type { IdentityPolicy, ObjectRule } from '../../core/policy/model.ts';
import type { Outcome } from '../../core/verdict.ts';
import type { GitRepository } from '../../git/repository.ts';
import { statedCommit } from '../stated-commit.ts';
import { authorsIn } from './authors.ts';
import { ApprovalCount, approverOf, counted } from './count.ts';
import type { KnownApproval, KnownApprovals } from './known.ts';

/** A tag with what it leads to. */
export interface TaggedChain {
  /** Full name of the ref that the tag's own name stands for. */
  readonly ref: string;
  /** Full hash of the tag object. */
  readonly tag: string;
  /** Full hash of the commit that it leads to. */
  readonly commit: string | undefined;
  /** The judged objects: the tag first. */
  readonly steps: readonly { readonly raw?: Uint8Array; readonly verdict: Outcome }[];
}

export interface TagApprovalSettings {
  readonly repository: GitRepository;
  readonly known: KnownApprovals;
  readonly repositories: readonly string[];
}

/** Returns the address of the person in a header line. */
const emailIn = (line: Uint8Array | undefined, encoding: string | undefined): readonly string[] =>
  [readPerson(line, encoding)?.email].filter((email) => email !== undefined);

/** Returns the addresses of the people that a commit or tag names. */
export function addressesIn(raw: Uint8Array | undefined): readonly string[] {
  if (raw === undefined) return [];
  const tag = tagHeader(raw);
  if (tag !== undefined) return emailIn(tag.tagger, tag.encoding);
  const { author, committer, encoding } = commitHeader(raw) ?? {};
  return [author, committer].flatMap((line) => emailIn(line, encoding));
}

/** Returns the approvals of the commit or the tag that are about this very tag. */
async function approvalsOf(
  { tag, commit }: TaggedChain,
  { repository, known }: TagApprovalSettings,
): Promise<readonly KnownApproval[]> {
  if (commit === undefined) return [];
  const read = await statedCommit(repository, commit);
  const found = [...(await known.about(commit)), ...(await known.about(tag))];
  return [...new Set(found)].filter(
    ({ approval }) =>
      approval.commit === commit &&
      approval.tree === read?.tree &&
      (approval.tag === undefined || approval.tag === tag),
  );
}

/** Returns the outcome of a tag under a rule that asks for approvals. */
export async function underTagApprovals(
  chain: TaggedChain,
  { policy, rule: asked }: { readonly policy: IdentityPolicy; readonly rule: ObjectRule },
  settings: TagApprovalSettings,
): Promise<Outcome> {
  const { ref, steps } = chain;
  const [rule] = asking([asked]);
  const outcome = steps[0]?.verdict;
  if (outcome === undefined) throw new Error('a chain begins with its tag');
  if (rule === undefined || outcome.status !== 'verified') return outcome;
  const tally = new ApprovalCount();
  const verdicts = steps.map(({ verdict }) => verdict);
  const addresses = steps.flatMap(({ raw }) => addressesIn(raw));
  const authors = authorsIn(policy, verdicts, addresses);
  const { repositories } = settings;
  for (const each of await approvalsOf(chain, settings)) {
    const question = { policy, rule, ref, repositories, revoked: undefined };
    const approver = approverOf(each, question);
    if ('why' in approver) tally.leaveOut(each, approver.why);
    else {
      const { person } = approver;
      const { signer } = each.verdict;
      const own = rule.approvals.notAuthor && isAuthor(policy, person, signer, authors);
      if (own) tally.leaveOut(each, `${person} is an author`);
      else tally.add(counted(each, person, 'tagged'));
    }
  }
  return tally.applied(outcome, rule.approvals, `for ${rule.approvals.for ?? ref}`);
}
