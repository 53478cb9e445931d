/**
 * Makes requests for commits, each with its change of the policy. With `--policy-from parents`, a request also names the
 * policies in the commit's parents, which must all allow it. A refused change does not count for later commits, so
 * signers cannot admit themselves. State is kept only for commits whose policy does not count.
 */

import type { IdentityPolicy } from '../../core/policy/model.ts';
import { UsageError } from '../../errors.ts';
import type { ObjectRequest } from '../../git/objects.ts';
import type { WalkedCommit } from '../../git/range-commits.ts';
import type { PolicyBlobs } from './blobs.ts';
import { type Noted, policyChange } from './changes.ts';

type Commits = Iterable<readonly WalkedCommit[]>;
type Requests = AsyncGenerator<readonly ObjectRequest[]>;

const AT_ONCE = 512;

/** Groups commits for one question to git each, with the blobs of their own and their parents' policies. */
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

/** Yields requests under one policy, each with its change of the policy. */
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

/** Refuses to run a policy with rules by ref if the ref is unknown: any rule could then allow. @throws UsageError */
export function refuseWithoutRef(policy: IdentityPolicy | undefined): void {
  const byRef =
    policy?.commits?.some(({ on }) => on !== undefined) === true ||
    policy?.attestations?.some(({ of }) => of === 'commits') === true;
  if (!byRef) return;
  throw new UsageError(
    'the policy has rules by ref, and it is not known which ref these commits are for',
    {
      hint: 'add: --ref refs/heads/main',
    },
  );
}

export interface ParentsWatch {
  readonly blobs: PolicyBlobs;
  /** The policy of the start commit, and its blob. */
  readonly start: { readonly policy: IdentityPolicy; readonly blob: string };
  /** Returns true for the start commit and its descendants. */
  readonly descends: (id: string) => Promise<boolean>;
  /** The ref that the commits are for is known. */
  readonly hasRef: boolean;
  /** Tells whether a commit that changes the policy is verified. Later commits depend on it. */
  readonly passes: (request: ObjectRequest) => Promise<boolean>;
}

/** Returns the policies that must all allow a commit. `missing` means that a parent has none. */
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
 * Yields requests under the policies in each commit's parents. All parents of a merge must allow it. Commits come
 * parents first, and the base of the range comes before all others.
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
    // a tree with the same policy as a parent's follows that parent, whether the parent's counts or not
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
  const detail = parents === 0 ? 'it has no parents' : 'its parents hold no policy';
  return { noticed: [{ code: 'policy-missing', detail, severity: 'refusal' }] };
}
