/**
 * Requests for commits, each with what it does to the policy, and with `--policy-from parents` with the policies that
 * must allow it: those in its parents. A change that was refused does not count for those who follow, so nobody admits
 * himself. State is kept only for commits whose policy does not count.
 */

import type { IdentityPolicy } from '../core/policy/model.ts';
import { UsageError } from '../errors.ts';
import type { ObjectRequest } from '../git/objects.ts';
import type { WalkedCommit } from '../git/range-commits.ts';
import type { PolicyBlobs } from './policy-blobs.ts';
import { type Noted, policyChange } from './policy-changes.ts';

type Commits = Iterable<readonly WalkedCommit[]>;
type Requests = AsyncGenerator<readonly ObjectRequest[]>;

const AT_ONCE = 512;

/** Commits in groups that one question to git covers, with the names of their own and their parents' policies. */
async function* named(commits: Commits, blobs: PolicyBlobs) {
  for (const group of commits) {
    for (let at = 0; at < group.length; at += AT_ONCE) {
      const part = group.slice(at, at + AT_ONCE);
      const above = part.flatMap(({ parents }) => parents.map((id) => ({ id })));
      yield { part, names: await blobs.names([...part, ...above]) };
    }
  }
}

const requestOf = (id: string, noted: Noted | undefined): ObjectRequest =>
  noted === undefined ? { id } : { id, noted };

/** Requests under one policy: what the commits do to the policy is noted. */
export async function* watchChanges(commits: Commits, blobs: PolicyBlobs): Requests {
  for await (const { part, names } of named(commits, blobs)) {
    const requests: ObjectRequest[] = [];
    for (const { id, parents, boundary } of part) {
      if (boundary) continue;
      const before = parents.map((parent) => names.get(parent));
      requests.push(requestOf(id, await policyChange(names.get(id), before, blobs)));
    }
    yield requests;
  }
}

/** Rules by ref need to know the ref: without it, any of them could allow. @throws UsageError */
export function refuseWithoutRef(policy: IdentityPolicy | undefined): void {
  if (policy?.commits?.some(({ on }) => on !== undefined) !== true) return;
  throw new UsageError('which ref are these commits for? the policy has rules by ref', {
    hint: 'add: --ref refs/heads/main',
  });
}

export interface ParentsWatch {
  readonly blobs: PolicyBlobs;
  /** The policy of the start commit, and its blob. */
  readonly start: { readonly policy: IdentityPolicy; readonly blob: string };
  /** True for the start commit and what descends from it. */
  readonly descends: (id: string) => Promise<boolean>;
  /** The ref that the commits are for is known. */
  readonly hasRef: boolean;
  /** Whether a commit that changes the policy is verified: those who follow depend on it. */
  readonly passes: (request: ObjectRequest) => Promise<boolean>;
}

/** The policies that must allow a commit, or that there is none. */
async function policiesOf(
  effective: readonly (string | undefined)[],
  { blobs, start }: ParentsWatch,
): Promise<{ readonly policies: readonly IdentityPolicy[]; readonly missing: boolean }> {
  const policies: IdentityPolicy[] = [];
  for (const blob of new Set(effective)) {
    const policy = blob === undefined ? undefined : await blobs.policy(blob);
    if (policy === undefined) return { policies: [start.policy], missing: true };
    policies.push(policy);
  }
  return policies.length === 0
    ? { policies: [start.policy], missing: true }
    : { policies, missing: false };
}

/**
 * Requests under the policies in each commit's parents; all of a merge's parents must allow it. Commits come
 * parents first, what the range stands on before all others.
 */
export async function* watchParents(commits: Commits, watch: ParentsWatch): Requests {
  const { blobs, start } = watch;
  /** Policies that count instead of those in the trees. */
  const instead = new Map<string, string | undefined>();
  const judge = async (
    { id, parents }: WalkedCommit,
    names: ReadonlyMap<string, string | undefined>,
  ): Promise<ObjectRequest> => {
    const counting = (commit: string) =>
      instead.has(commit) ? instead.get(commit) : names.get(commit);
    const effective = parents.map(counting);
    // a tree that only repeats what a parent's has follows that parent, whether it counts or not
    const raw = names.get(id);
    const followed = parents.find((parent) => names.get(parent) === raw);
    const own = followed === undefined ? raw : counting(followed);
    const { policies, missing } = await policiesOf(effective, watch);
    if (!watch.hasRef) for (const policy of policies) refuseWithoutRef(policy);
    const change = missing
      ? missingNote(parents.length)
      : await policyChange(own, effective, blobs);
    const request = { id, policies, noted: change };
    const counts = change === undefined || (await watch.passes(request));
    const result = counts ? own : effective[0];
    if (result !== raw) instead.set(id, result);
    return request;
  };
  for await (const { part, names } of named(commits, blobs)) {
    const requests: ObjectRequest[] = [];
    for (const commit of part) {
      if (!commit.boundary) requests.push(await judge(commit, names));
      else if (!(await watch.descends(commit.id))) instead.set(commit.id, start.blob);
    }
    yield requests;
  }
}

function missingNote(parents: number): Noted {
  const detail = parents === 0 ? 'a commit without parents' : 'no policy in its parents';
  return { noticed: [{ code: 'policy-missing', detail, severity: 'refusal' }] };
}
