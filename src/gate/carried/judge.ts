/**
 * Judges commits that a forge made: squashed, rebased and merged ones. Such a commit passes as carried by the signed
 * commits of a head, if it holds exactly what git makes of them. A search that was stopped never ends in a verified commit.
 */

import { fromUtf8Lossy } from '../../core/bytes.ts';
import type { Outcome } from '../../core/verdict.ts';
import { readLinks } from '../../git/commit-links.ts';
import type { Head } from '../../git/heads.ts';
import type { ObjectRequest } from '../../git/objects.ts';
import { type StatedCommit, statedCommit } from '../stated-commit.ts';
import { BroughtJudge } from './brought.ts';
import { type CarriedSettings, type ForgeLanding, short } from './commits.ts';
import { carriedRules, isForgeCommit } from './forge-commit.ts';
import { notCarried, searchStopped, verifiedAs } from './outcomes.ts';
import { type HeadList, headsOf, likelyHeads, namedHeads } from './search.ts';
import { type Match, matchMerged, rebaseMatcher, type Trial } from './ways.ts';

/** Returns the outcome of a commit that does not pass by its own signature. Any other outcome stays as it is. */
export type CarriedJudge = (
  request: Pick<ObjectRequest, 'id' | 'policies' | 'noted'>,
  own: Outcome,
) => Promise<Outcome>;

/** Most heads of a run that were tried in vain, and most commits that git walked for them (threat I05). */
const MAX_FAILED = 1000;
const MAX_WALKED = 5_000_000;
/** Most merges within merges that are judged for one commit. */
const MAX_DEPTH = 4;
/** Most commits of a rebased run that the search for its head looks at. */
const MAX_ABOVE = 64;

/** What the search for one commit has found. */
interface Found {
  readonly outcome?: Outcome;
  /** Why a head with the right tree does not carry the commit. */
  readonly near?: string;
}

class CarriedRun {
  readonly #settings: CarriedSettings;
  readonly #brought: BroughtJudge;
  readonly #rebased: ReturnType<typeof rebaseMatcher>;
  readonly #lists = new Map<string, Promise<HeadList>>();
  /** The first landing that each head carried. */
  readonly #carried = new Map<string, { readonly place: string; readonly id: string }>();
  readonly #known = new Map<string, Promise<Outcome>>();
  #children: Promise<ReadonlyMap<string, string>> | undefined;
  #failed = 0;
  #walked = 0;

  constructor(settings: CarriedSettings) {
    this.#settings = settings;
    this.#brought = new BroughtJudge(settings);
    const { merges, repository } = settings;
    const read = (id: string): Promise<StatedCommit | undefined> => statedCommit(repository, id);
    this.#rebased = rebaseMatcher({ merges, read, childOf: this.#childOf });
  }

  readonly #childOf = async (id: string): Promise<string | undefined> => {
    this.#children ??= this.#readChildren();
    return (await this.#children).get(id);
  };

  /** Returns the commits above a landing that may belong to the same rebased run. */
  async #above({ id, rules }: ForgeLanding): Promise<readonly string[]> {
    const above: string[] = [];
    if (!rules.every(({ how }) => how.includes('rebase'))) return above;
    for (let next = await this.#childOf(id); next !== undefined && above.length < MAX_ABOVE; ) {
      above.push(next);
      next = await this.#childOf(next);
    }
    return above;
  }

  async #readChildren(): Promise<ReadonlyMap<string, string>> {
    const { repository, line } = this.#settings;
    const links = await readLinks(repository, [...line]);
    return new Map(links.map(({ id, parents }) => [parents[0] ?? '', id]));
  }

  get #isSpent(): boolean {
    return this.#failed > MAX_FAILED || this.#walked > MAX_WALKED;
  }

  async #match(trial: Trial): Promise<Match | undefined> {
    const { merges } = this.#settings;
    const { parents, rules } = trial.landing;
    const may = (way: Match['how']): boolean => rules.every(({ how }) => how.includes(way));
    if (parents.length === 2) return matchMerged('merge', trial, merges);
    const rebased = may('rebase') ? await this.#rebased(trial) : undefined;
    // the last commit of a run has the tree of a squash too, but it holds its own commit alone
    if (rebased !== undefined && rebased.place !== parents[0]) return rebased;
    const squashed = may('squash') ? await matchMerged('squash', trial, merges) : undefined;
    return squashed ?? rebased;
  }

  /** Tries one head. Returns undefined if the landing does not hold its work. */
  async #try(
    landing: ForgeLanding,
    head: Pick<Head, 'id'> & { readonly ref?: string },
    depth: number,
  ): Promise<Found | undefined> {
    const { commits, walked } = await this.#brought.list(landing.parents[0] ?? '', head.id);
    if (commits === 'too-many') {
      this.#walked += walked;
      return { near: `${short(head.id)} brings too many commits` };
    }
    const trial = { landing, head: head.id, brought: commits };
    const match = commits.length === 0 ? undefined : await this.#match(trial);
    if (match === undefined) {
      this.#failed += 1;
      this.#walked += walked;
      return undefined;
    }
    const name = `its head ${short(head.id)}${head.ref === undefined ? '' : ` (${head.ref})`}`;
    const source = match.how === 'rebase' ? (match.held[0]?.id ?? '') : head.id;
    if (!(await this.#mayChange(landing, match, source))) {
      return {
        near: `${name} does not hold this change of the policy, by a signer who may make it`,
      };
    }
    const also = (request: ObjectRequest, own: Outcome) => this.#judge(request, own, depth + 1);
    const deeper = match.how === 'merge' && depth < MAX_DEPTH ? also : undefined;
    const judged = await this.#brought.judge(commits, landing, deeper);
    if (typeof judged === 'string') return { near: `${name} ${judged}` };
    return { outcome: await this.#verified(landing, head, match, judged) };
  }

  async #mayChange(landing: ForgeLanding, match: Match, source: string): Promise<boolean> {
    if (landing.noted?.changesPolicy !== true) return true;
    return match.how !== 'merge' && this.#brought.madeChange(match.held, landing, source);
  }

  async #verified(
    landing: ForgeLanding,
    { id, ref }: Pick<Head, 'id'> & { readonly ref?: string },
    match: Match,
    outcomes: ReadonlyMap<string, Outcome>,
  ): Promise<Outcome> {
    const { repository, policy, ordered } = this.#settings;
    const { place } = match;
    const first = this.#carried.get(id);
    if (first === undefined && ordered !== false) this.#carried.set(id, { place, id: landing.id });
    const earlier = first === undefined || first.place === place ? undefined : first.id;
    const read = async (commit: string) => (await statedCommit(repository, commit)) ?? NOTHING;
    const pair = { landing: await read(landing.id), head: await read(id), ref, earlier };
    return verifiedAs({
      ...{ match, outcomes, pair, head: id },
      policy: landing.policies?.[0] ?? policy,
    });
  }

  #headsOf(landing: ForgeLanding): Promise<HeadList> {
    const [{ heads }] = landing.rules;
    const key = heads.join(' ');
    const list = this.#lists.get(key) ?? headsOf(this.#settings.repository, heads);
    this.#lists.set(key, list);
    return list;
  }

  /** Tries the heads that refs hold. */
  async #search(
    landing: ForgeLanding,
    { message, time }: StatedCommit,
    own: Outcome,
    depth: number,
  ): Promise<Outcome> {
    const list = await this.#headsOf(landing);
    const tried = new Set<string>();
    let near: string | undefined;
    const tryAll = async (heads: readonly Head[]): Promise<Outcome | undefined> => {
      for (const head of heads) {
        if (tried.has(head.id)) continue;
        if (this.#isSpent) return searchStopped();
        tried.add(head.id);
        const found = await this.#try(landing, head, depth);
        if (found?.outcome !== undefined) return found.outcome;
        near ??= found?.near;
      }
      return undefined;
    };
    const named = await tryAll(namedHeads(fromUtf8Lossy(message), list));
    if (named !== undefined) return named;
    if (this.#isSpent) return searchStopped();
    const sought = { landing, time, above: await this.#above(landing) };
    const { heads, more } = await likelyHeads(this.#settings.repository, sought, list);
    const likely = await tryAll(heads);
    if (likely !== undefined) return likely;
    if (more) return searchStopped();
    if (near !== undefined) return notCarried(own, near);
    const none =
      list.heads.length === 0 ? 'no ref here holds a head' : 'no head here gives this tree';
    return notCarried(own, none);
  }

  async #decide(
    { id, policies, noted }: Pick<ObjectRequest, 'id' | 'policies' | 'noted'>,
    own: Outcome,
    rules: ForgeLanding['rules'],
    depth: number,
  ): Promise<Outcome> {
    const { repository } = this.#settings;
    const commit = await statedCommit(repository, id);
    const [first, second, third] = commit?.parents ?? [];
    if (commit === undefined || first === undefined || third !== undefined) return own;
    const refusal = noted?.noticed?.find(({ severity }) => severity === 'refusal');
    if (refusal !== undefined) return notCarried(own, refusal.detail);
    const landing: ForgeLanding = { ...commit, policies, noted, rules };
    if (second !== undefined) {
      if (!rules.every(({ how }) => how.includes('merge'))) return own;
      const found = await this.#try(landing, { id: second }, depth);
      return (
        found?.outcome ?? notCarried(own, found?.near ?? 'git makes another tree of its parents')
      );
    }
    const [parent] = await readLinks(repository, [first]);
    if (parent?.tree === commit.tree) return notCarried(own, 'it changes nothing');
    return this.#search(landing, commit, own, depth);
  }

  async #judge(
    request: Pick<ObjectRequest, 'id' | 'policies' | 'noted'>,
    own: Outcome,
    depth: number,
  ): Promise<Outcome> {
    if (own.status === 'verified') return own;
    const { policy, ref, judge } = this.#settings;
    const policies = request.policies ?? (policy === undefined ? [] : [policy]);
    const rules = carriedRules(policies, ref);
    if (rules === undefined) return own;
    if (!(await isForgeCommit({ ...request, own, policies, rules }, judge))) return own;
    const { id, noted } = request;
    const under = policies.map(({ digest, revoked }) => `${digest}${revoked === undefined}`);
    const key = [id, ...under, noted?.revoked === undefined].join(' ');
    const known = this.#known.get(key) ?? this.#decide(request, own, rules, depth);
    if (this.#known.size > MAX_FAILED) this.#known.clear();
    this.#known.set(key, known);
    return known;
  }

  judge: CarriedJudge = (request, own) => this.#judge(request, own, 0);
}

const NOTHING: Pick<StatedCommit, 'message' | 'time'> = {
  message: new Uint8Array(),
  time: undefined,
};

/** Returns the judge for one run. It asks nothing as long as every commit passes by itself. */
export function createCarried(settings: CarriedSettings): CarriedJudge {
  return new CarriedRun(settings).judge;
}
