/** Lists the approvals of one object that a repository holds, and tells of each whether it counts under the configured policy. */

import type { ObjectType } from '../../core/git/signed-object.ts';
import { type AskingRule, asking, isAuthor } from '../../core/policy/approvals.ts';
import { governing } from '../../core/policy/decide.ts';
import type { IdentityPolicy } from '../../core/policy/model.ts';
import type { HeldApproval } from '../../report/show-approvals.ts';
import { judgeCommit, judgeOutcome } from '../outcome.ts';
import { judgingContext } from '../run.ts';
import type { VerifySetup } from '../setup.ts';
import { statedCommit } from '../stated-commit.ts';
import { approvalsHere } from '../together.ts';
import { authorsIn, openAuthors } from './authors.ts';
import { openApprovedCommits } from './commits.ts';
import { approverOf } from './count.ts';
import type { KnownApproval } from './known.ts';
import { addressesIn } from './tag.ts';

const TAGS = 'refs/tags/';

/** The object whose approvals are listed. */
export interface ApprovedObject {
  /** Full hash. */
  readonly id: string;
  readonly type: ObjectType;
  readonly raw: Uint8Array;
}

/** Returns the rules that ask for an approval that names this ref. */
function rulesFor(policy: IdentityPolicy, ref: string): readonly AskingRule[] {
  const own = ref.startsWith(TAGS)
    ? governing(policy, { type: 'tag' }, ref.slice(TAGS.length))
    : governing(policy, { type: 'commit', ref }, undefined);
  const named = asking([...(policy.commits ?? []), ...(policy.tags ?? [])]);
  return [
    ...asking(own).filter(({ approvals }) => approvals.for === undefined),
    ...named.filter(({ approvals }) => approvals.for === ref),
  ];
}

/** Returns the approvals of an object. `counts` says whose approval it is, and not what lands: `verify` decides that. */
export async function heldApprovals(
  object: ApprovedObject,
  setup: VerifySetup,
): Promise<readonly HeldApproval[]> {
  const judging = judgingContext(setup);
  const { repository, known, repositories } = await approvalsHere(setup, judging);
  const { policy } = setup.judge;
  const approvedBy = openApprovedCommits(repository);
  const authorsOf = openAuthors(repository, (id) => judgeCommit({ id }, judging));

  const isOwn = async (
    { approval, verdict }: KnownApproval,
    person: string,
    under: IdentityPolicy,
  ): Promise<boolean> => {
    const { commit, ref } = approval;
    const approved = ref.startsWith(TAGS) ? undefined : await approvedBy(approval);
    const people = await authorsOf(under, [...(approved?.ids ?? [commit])], new Map());
    const tag = object.type === 'tag' ? [await judgeOutcome(object, judging)] : [];
    const tagger = authorsIn(under, tag, addressesIn(object.raw));
    return [people, tagger].some((each) => isAuthor(under, person, verdict.signer, each));
  };
  const countOf = async (each: KnownApproval): Promise<HeldApproval['counts']> => {
    const { approval } = each;
    const head = await statedCommit(repository, approval.commit);
    const rules = policy === undefined ? [] : rulesFor(policy, approval.ref);
    if (policy === undefined || rules.length === 0) return undefined;
    if (head === undefined) return { why: `the approved commit ${approval.commit} is not here` };
    if (head.tree !== approval.tree) return { why: 'its tree is not that of the approved commit' };
    let why: string | undefined;
    for (const rule of rules) {
      const { ref } = approval;
      const question = { policy, rule, ref, repositories, revoked: undefined };
      const approver = approverOf(each, question);
      if ('why' in approver) why ??= approver.why;
      else if (rule.approvals.notAuthor && (await isOwn(each, approver.person, policy))) {
        why ??= `${approver.person} is an author`;
      } else return approver;
    }
    return { why: why ?? 'no rule accepts it' };
  };

  const commit = object.type === 'commit' ? await statedCommit(repository, object.id) : undefined;
  const found = [...(await known.about(object.id))];
  if (commit !== undefined) found.push(...(await known.about(commit.tree)));
  const once = new Map(found.map((each) => [JSON.stringify([each.approval, each.verdict]), each]));
  const held: HeldApproval[] = [];
  for (const each of once.values()) {
    const counts = await countOf(each);
    held.push(counts === undefined ? each : { ...each, counts });
  }
  return held;
}

/** Returns the approvals of other heads that cover a commit together with what follows it. */
export async function laterApprovals(
  id: string,
  setup: VerifySetup,
): Promise<readonly KnownApproval[]> {
  const { repository, known } = await approvalsHere(setup, judgingContext(setup));
  const approvedBy = openApprovedCommits(repository);
  const found: KnownApproval[] = [];
  for (const head of await known.subjects()) {
    if (head === id) continue;
    for (const each of await known.about(head)) {
      if (each.approval.commit !== head) continue;
      if ((await approvedBy(each.approval))?.ids.has(id)) found.push(each);
    }
  }
  return found;
}
