/**
 * Finds out what an approval would say, and refuses what no gate would count: an unknown ref, a head that is there already,
 * several bases, a tag of another name.
 */

import { fromUtf8Lossy } from '../../core/bytes.ts';
import { tagHeader } from '../../core/git/header.ts';
import type { Approval } from '../../core/policy/approvals.ts';
import { isFullRef } from '../../core/policy/read-approvals.ts';
import { UsageError } from '../../errors.ts';
import { isSurelyAncestor, mergeBases } from '../../git/merge-bases.ts';
import { resolveCommits, resolveNames } from '../../git/names.ts';
import type { GitRepository } from '../../git/repository.ts';
import { statedCommit } from '../stated-commit.ts';

/** What a reviewer asks to approve. */
export interface ApprovalRequest {
  /** A revision, `A..B`, or a tag. */
  readonly name: string;
  /** Full name of the ref that it is for. */
  readonly ref: string;
  /** True if all commits are approved, from the first one of the repository on. */
  readonly root: boolean;
  /** Name of the ref here that holds the present value of `ref`, if there is one. */
  readonly heldAs: string | undefined;
  readonly repository: string | undefined;
}

/** An approval that is not signed yet, and where its base comes from, for people. */
export interface ApprovalProposal {
  readonly approval: Approval;
  readonly origin: string;
}

const NO_SUCH = { code: 'NO_SUCH_OBJECT' } as const;

async function commitNamed(repository: GitRepository, name: string): Promise<string> {
  const [found] = await resolveCommits(repository, [name]);
  if (found === undefined) throw new UsageError(`${name}: there is no such commit`, NO_SUCH);
  return found.id;
}

async function treeOf(repository: GitRepository, commit: string): Promise<string> {
  const read = await statedCommit(repository, commit);
  if (read === undefined) throw new UsageError(`${commit.slice(0, 12)} cannot be read as a commit`);
  return read.tree;
}

/** Returns the tag object of that name, if the name leads to one. @throws UsageError if it calls itself something else */
async function tagObject(
  repository: GitRepository,
  name: string,
  ref: string,
): Promise<string | undefined> {
  const [object] = await resolveNames(repository, [name]);
  if (object?.type !== 'tag') return undefined;
  const { raw } = await repository.objects.get(object.id, 'tag');
  const called = fromUtf8Lossy(tagHeader(raw)?.name ?? new Uint8Array());
  if (`refs/tags/${called}` === ref) return object.id;
  throw new UsageError(
    `${name}: the tag calls itself ${called}, and the approval would be for ${ref}`,
  );
}

/** Returns the only commit from which the head's commits are new on the ref. @throws UsageError if there is not exactly one */
async function baseOn(
  repository: GitRepository,
  { ref, heldAs }: ApprovalRequest,
  head: string,
): Promise<string | undefined> {
  if (heldAs === undefined) return undefined;
  const [held] = await resolveCommits(repository, [heldAs]);
  if (held === undefined) throw new UsageError(`${heldAs} leads to no commit`, NO_SUCH);
  const [base, second] = await mergeBases(repository, held.id, head);
  if (base === undefined) throw new UsageError(`${ref} and ${head.slice(0, 12)} share no commit`);
  if (second === undefined) return base;
  throw new UsageError(`${ref} and ${head.slice(0, 12)} have several best common ancestors`, {
    hint: `merge ${ref} first, and approve the merge`,
  });
}

async function proposeRange(
  repository: GitRepository,
  request: ApprovalRequest,
  [from, to]: readonly [string, string],
): Promise<{ readonly head: string; readonly base: string; readonly origin: string }> {
  const [base, head] = [await commitNamed(repository, from), await commitNamed(repository, to)];
  if (base === head || !(await isSurelyAncestor(repository, base, head))) {
    throw new UsageError(`${request.name}: ${to} is not on top of ${from}`);
  }
  const found = await baseOn(repository, request, head);
  // a head that is on the ref already may be approved from anywhere below it
  if (found !== undefined && found !== base && found !== head) {
    const what = `${request.name}: for ${request.ref}, the approval would need the base ${found.slice(0, 12)}`;
    throw new UsageError(what, { hint: `approve ${found.slice(0, 12)}..${to}` });
  }
  return { head, base, origin: 'named' };
}

async function proposeHead(
  repository: GitRepository,
  request: ApprovalRequest,
): Promise<{ readonly head: string; readonly base?: string; readonly origin: string }> {
  const { name, ref, root, heldAs } = request;
  const head = await commitNamed(repository, name);
  if (root) return { head, origin: 'none: all commits are approved' };
  const base = await baseOn(repository, request, head);
  if (base === undefined) {
    throw new UsageError(`there is no ${ref} here, so the base is not known`, {
      hint: `name the range: git signet approve BASE..${name} --for ${ref}, or approve all commits: --root`,
    });
  }
  if (base !== head) return { head, base, origin: `from ${heldAs}` };
  throw new UsageError(`${heldAs} has ${head.slice(0, 12)} already`, {
    hint: `name the range: git signet approve BASE..${name} --for ${ref}`,
  });
}

/** Returns what the approval would say. @throws UsageError if no gate would count it */
export async function proposeApproval(
  repository: GitRepository,
  request: ApprovalRequest,
): Promise<ApprovalProposal> {
  const { name, ref, root, repository: address } = request;
  if (!isFullRef(ref)) {
    const hint = `git signet approve ${name} --for refs/heads/${ref}`;
    throw new UsageError(`--for ${ref}: expected a full name such as refs/heads/main`, { hint });
  }
  const where = address === undefined ? {} : { repository: address };
  const range = /^(.+?)\.\.(?!\.)(.+)$/.exec(name);
  if (ref.startsWith('refs/tags/')) {
    if (range !== null || root)
      throw new UsageError('an approval of a tag has no base: name the tag or its commit');
    const tag = await tagObject(repository, name, ref);
    const commit = await commitNamed(repository, name);
    const tree = await treeOf(repository, commit);
    const approval = { commit, tree, ref, ...(tag === undefined ? {} : { tag }), ...where };
    return {
      approval,
      origin: tag === undefined ? 'none: any tag of this name' : 'none: this tag',
    };
  }
  if (name.includes('...')) throw new UsageError(`${name}: expected REV or A..B`);
  const [, from = '', to = ''] = range ?? [];
  if (range !== null && root) throw new UsageError('--root approves all commits: name no range');
  const found =
    range === null
      ? await proposeHead(repository, request)
      : await proposeRange(repository, request, [from, to]);
  const { head, origin, ...base } = found;
  const tree = await treeOf(repository, head);
  return { approval: { commit: head, tree, ref, ...base, ...where }, origin };
}
