/** Lists the commits that a head brings, and judges each of them by its own signature, under the policies of the landing. */

import { governing } from '../../core/policy/decide.ts';
import type { Outcome } from '../../core/verdict.ts';
import { countSides } from '../../git/heads.ts';
import type { ObjectRequest } from '../../git/objects.ts';
import { proveRange, type WalkedCommit } from '../../git/range-commits.ts';
import type { PolicyBlobs } from '../policy/blobs.ts';
import { type Noted, policyChange } from '../policy/changes.ts';
import { type CarriedSettings, type ForgeLanding, short } from './commits.ts';

/** Most commits that a head may bring. */
export const MAX_BROUGHT = 1000;
/** Most commits that the base may have beyond those of the head. */
const MAX_BEHIND = 100_000;
/** Most outcomes in memory. */
const MAX_KEPT = 10_000;

/** What a head brings, parents first, and the number of commits that git walked. */
export interface BroughtList {
  readonly commits: readonly WalkedCommit[] | 'too-many';
  readonly walked: number;
}

/** Returns the request for one of the commits that a landing brings. `own` is what the commit does to the policy. */
function requestOf({ policies, noted }: ForgeLanding, id: string, own?: Noted): ObjectRequest {
  const revoked = noted?.revoked === undefined ? {} : { revoked: noted.revoked };
  const facts = { ...own, ...revoked };
  return { id, policies, ...(Object.keys(facts).length === 0 ? {} : { noted: facts }) };
}

/** Finds what each of these commits does to the policy. */
async function changesOf(
  commits: readonly WalkedCommit[],
  blobs: PolicyBlobs,
): Promise<ReadonlyMap<string, Noted>> {
  const noted = new Map<string, Noted>();
  const above = commits.flatMap(({ parents }) => parents.map((id) => ({ id })));
  const names = await blobs.names([...commits, ...above]);
  for (const { id, parents } of commits) {
    const before = parents.map((parent) => names.get(parent));
    const change = await policyChange(names.get(id), before, blobs);
    if (change !== undefined) noted.set(id, change);
  }
  return noted;
}

/** Judges what heads bring in one run. It remembers outcomes. */
export class BroughtJudge {
  readonly #settings: CarriedSettings;
  readonly #kept = new Map<string, Outcome | undefined>();

  constructor(settings: CarriedSettings) {
    this.#settings = settings;
  }

  /** Returns the commits that `head` reaches and `base` does not. @throws UsageError OBJECT_CORRUPT, SHALLOW_RANGE */
  async list(base: string, head: string): Promise<BroughtList> {
    const { repository } = this.#settings;
    const { first, second } = await countSides(repository, head, base);
    const walked = first + second;
    if (first > MAX_BROUGHT || second > MAX_BEHIND) return { commits: 'too-many', walked };
    const range = { include: [head], exclude: [base], symmetric: false };
    const proved = await proveRange(repository, range, `${short(base)}..${short(head)}`);
    const commits = [...proved.walk('parents-first')].flat().filter(({ boundary }) => !boundary);
    return { commits, walked };
  }

  async #judgeOne(request: ObjectRequest): Promise<Outcome | undefined> {
    const { id, policies = [], noted } = request;
    const digests = policies.map(({ digest, revoked }) => `${digest}${revoked === undefined}`);
    const key = [id, ...digests, noted?.revoked === undefined].join(' ');
    if (this.#kept.has(key)) return this.#kept.get(key);
    const outcome = await this.#settings.judge(request);
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(key, outcome);
    return outcome;
  }

  /** Returns true for a merge that adds something to git's own, if a rule forbids that. */
  async #isUnclean(
    { id, tree, parents }: WalkedCommit,
    { policies }: ForgeLanding,
  ): Promise<boolean> {
    if (parents.length < 2) return false;
    const { policy, ref, merges } = this.#settings;
    const under = policies ?? (policy === undefined ? [] : [policy]);
    const rules = under.flatMap((each) => governing(each, { type: 'commit', ref }, undefined));
    if (!rules.some((rule) => rule.merges === 'clean')) return false;
    const [one = id, other = id, third] = parents;
    return third !== undefined || (await merges.treeOf(one, other)) !== tree;
  }

  /** Returns the outcomes of commits by id, or why one of them does not pass. `also` judges a commit again that does not pass by itself. */
  async judge(
    commits: readonly WalkedCommit[],
    landing: ForgeLanding,
    also?: (request: ObjectRequest, own: Outcome) => Promise<Outcome>,
  ): Promise<ReadonlyMap<string, Outcome> | string> {
    const { blobs } = this.#settings;
    const noted = blobs === undefined ? undefined : await changesOf(commits, blobs);
    const outcomes = new Map<string, Outcome>();
    for (const commit of commits) {
      const { id } = commit;
      const request = requestOf(landing, id, noted?.get(id));
      const own = await this.#judgeOne(request);
      const again = own === undefined || own.status === 'verified' ? undefined : also;
      const outcome = own !== undefined && again !== undefined ? await again(request, own) : own;
      if (outcome?.status !== 'verified') {
        const why = outcome === undefined ? 'it cannot be read' : outcome.detail;
        return `brings ${short(id)}, which does not pass (${why})`;
      }
      if (await this.#isUnclean(commit, landing)) {
        return `brings ${short(id)}, a merge that git would not make`;
      }
      outcomes.set(id, outcome);
    }
    return outcomes;
  }

  /** Returns true if `source` has the landing's policy, one of these commits made it so, and its signer may do that. */
  async madeChange(
    commits: readonly WalkedCommit[],
    landing: ForgeLanding,
    source: string,
  ): Promise<boolean> {
    const { blobs, judge } = this.#settings;
    if (blobs === undefined) return false;
    const noted = await changesOf(commits, blobs);
    const names = await blobs.names([landing, ...commits, { id: source }]);
    const own = names.get(landing.id);
    if (names.get(source) !== own) return false;
    const { lifts = [] } = landing.noted ?? {};
    for (const { id } of commits) {
      const change = noted.get(id);
      if (change?.changesPolicy !== true || names.get(id) !== own) continue;
      const whole = { ...change, lifts: [...(change.lifts ?? []), ...lifts] };
      if ((await judge(requestOf(landing, id, whole)))?.status === 'verified') return true;
    }
    return false;
  }
}
