/** What the judge of carried commits asks, and the landings that it judges. */

import type { CarriedRule, IdentityPolicy } from '../../core/policy/model.ts';
import type { Outcome } from '../../core/verdict.ts';
import type { MergeTrees } from '../../git/merge-tree.ts';
import type { ObjectRequest } from '../../git/objects.ts';
import type { GitRepository } from '../../git/repository.ts';
import type { PolicyBlobs } from '../policy/blobs.ts';

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

/** Returns the first digits of a hash, for messages. */
export const short = (id: string): string => id.slice(0, 7);
