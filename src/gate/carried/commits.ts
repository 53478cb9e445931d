/** What the judge of carried commits asks, and what it reads of the commits that it compares. */

import { equal } from '../../core/bytes.ts';
import { commitHeader } from '../../core/git/header.ts';
import { messageOf } from '../../core/git/signed-object.ts';
import { claimsOf } from '../../core/policy/claims.ts';
import type { CarriedRule, IdentityPolicy } from '../../core/policy/model.ts';
import type { Outcome } from '../../core/verdict.ts';
import type { MergeTrees } from '../../git/merge-tree.ts';
import type { ObjectRequest } from '../../git/objects.ts';
import type { GitRepository } from '../../git/repository.ts';
import type { PolicyBlobs } from '../policy-blobs.ts';

export interface CarriedSettings {
  readonly repository: GitRepository;
  /** The policy of the run. */
  readonly policy: IdentityPolicy | undefined;
  readonly ref: string | undefined;
  /** Absent if changes of the policy are not watched. */
  readonly blobs: PolicyBlobs | undefined;
  /** Judges a commit by its own signature. */
  readonly judge: (request: ObjectRequest) => Promise<Outcome | undefined>;
  readonly merges: Pick<MergeTrees, 'treeOf' | 'treeOver'>;
  /** Commits on the own lines of the run's ranges. */
  readonly line: ReadonlySet<string>;
  /** False if commits do not come parents first. Then no landing is known as an earlier one. */
  readonly ordered?: boolean | undefined;
}

/** A commit that a forge may have made. */
export interface ForgeLanding extends Pick<ObjectRequest, 'policies' | 'noted'> {
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
  /** The rules that let it be carried, one of each policy that judges it. */
  readonly rules: readonly [CarriedRule, ...CarriedRule[]];
}

/** A commit as its own bytes state it. */
export interface StatedCommit {
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Uint8Array;
  readonly encoding: string | undefined;
  readonly message: Uint8Array;
  /** Unix seconds. The committer claims it. */
  readonly time: number | undefined;
}

const NEWLINE = 0x0a;

function withoutLastLineEnds(message: Uint8Array): Uint8Array {
  let end = message.length;
  while (end > 0 && message[end - 1] === NEWLINE) end -= 1;
  return message.subarray(0, end);
}

/** Reads a commit. Returns undefined if it is missing, too large, malformed, or another object. @throws UsageError OBJECT_CORRUPT */
export async function statedCommit(
  { objects }: GitRepository,
  id: string,
): Promise<StatedCommit | undefined> {
  const [frame] = await objects.read([id]);
  if (frame?.kind !== 'object' || frame.type !== 'commit') return undefined;
  // git's output is reused, so the bytes are copied
  const raw = frame.raw.slice();
  const header = commitHeader(raw);
  if (header === undefined) return undefined;
  const { tree, parents, author, encoding } = header;
  const message = withoutLastLineEnds(messageOf(raw));
  const time = claimsOf('commit', raw).committer?.time;
  return { id, tree, parents, author, encoding, message, time };
}

/** Returns true if both commits have the same author line and message. */
export function saysTheSame(one: StatedCommit, other: StatedCommit): boolean {
  return (
    one.encoding === other.encoding &&
    equal(one.author, other.author) &&
    equal(one.message, other.message)
  );
}

/** Returns the first digits of a hash, for messages. */
export const short = (id: string): string => id.slice(0, 7);
