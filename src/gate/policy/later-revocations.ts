/**
 * Finds what the later policies of a range revoke. Such an entry hits every commit of the range, also those before it. A
 * policy counts here if its commit may change the policy. Entries of `revoked` do not decide about that: otherwise one
 * entry could silence another.
 */

import type { IdentityPolicy, Revocation } from '../../core/policy/model.ts';
import type { ObjectRequest } from '../../git/objects.ts';
import type { WalkedCommit } from '../../git/range-commits.ts';
import type { PolicyBlobs } from './blobs.ts';

type Requests = AsyncIterable<readonly ObjectRequest[]>;
/** Starts a walk over the same commits, as often as it is called. */
export type Walk = () => Iterable<readonly WalkedCommit[]>;

export interface RevocationWatch {
  readonly blobs: PolicyBlobs;
  /** The policy of the run. */
  readonly policy: IdentityPolicy;
  /** Makes the requests for a walk. `passes` tells of a commit that changes the policy whether it counts. */
  readonly requests: (walk: Walk, passes: (request: ObjectRequest) => Promise<boolean>) => Requests;
  /** Tells whether a commit is verified. */
  readonly isVerified: (request: ObjectRequest) => Promise<boolean>;
}

function withoutRevoked({ revoked: _, ...policy }: IdentityPolicy): IdentityPolicy {
  return policy;
}

/** Returns the entries that later policies of the range add. */
async function laterRevocations(
  walk: Walk,
  { blobs, policy, requests, isVerified }: RevocationWatch,
): Promise<readonly Revocation[]> {
  const counts = (request: ObjectRequest): Promise<boolean> =>
    isVerified({ ...request, policies: (request.policies ?? [policy]).map(withoutRevoked) });
  const known = new Set((policy.revoked ?? []).map((entry) => JSON.stringify(entry)));
  const found = new Map<string, Revocation>();
  for await (const group of requests(walk, counts)) {
    for (const request of group) {
      const { id, noted } = request;
      if (noted?.changesPolicy !== true) continue;
      const blob = (await blobs.names([{ id }])).get(id);
      const { revoked = [] } = (blob === undefined ? undefined : await blobs.policy(blob)) ?? {};
      const added = revoked.filter((entry) => !known.has(JSON.stringify(entry)));
      if (added.length === 0 || !(await counts(request))) continue;
      for (const entry of added) found.set(JSON.stringify(entry), entry);
    }
  }
  return [...found.values()];
}

/** Yields the requests for a walk, each with the entries of all later policies of the walk. */
export async function* watchRevocations(
  walk: Walk,
  watch: RevocationWatch,
): AsyncGenerator<readonly ObjectRequest[]> {
  const { requests, isVerified } = watch;
  const revoked = await laterRevocations(walk, watch);
  if (revoked.length === 0) {
    yield* requests(walk, isVerified);
    return;
  }
  const under = (request: ObjectRequest): ObjectRequest => ({
    ...request,
    noted: { ...request.noted, revoked },
  });
  for await (const group of requests(walk, (request) => isVerified(under(request)))) {
    yield group.map(under);
  }
}
