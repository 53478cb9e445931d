/** The part of the second model that knows `carried`, written from docs/policy.md. */

import { sameWords } from './approvals.ts';
import {
  type CarriedEntry,
  type Case,
  type Commit,
  DEFAULT_HEADS,
  HEAD_PATTERNS,
  type How,
  type PolicyDocument,
  type Said,
} from './cases.ts';
import { appliedTo, between, filesOf, mergeOf, same } from './git-facts.ts';
import { type Change, changeOf, governing } from './model.ts';

/** How a commit is carried. */
export interface Carried {
  readonly how: How;
  readonly head: number;
  /** What it brings, and those of them whose signers count for it. */
  readonly commits: readonly number[];
  readonly counted: readonly number[];
}

/** A commit under the policies that judge it. */
export interface Footed {
  readonly at: number;
  readonly policies: readonly PolicyDocument[];
  readonly change: Change;
  /** What its own signature says. */
  readonly said: Said;
}

export interface Judging {
  readonly judged: Case;
  /** The range's own line. */
  readonly line: ReadonlySet<number>;
  /** Judges a commit by its own signature alone. */
  readonly own: (policies: readonly PolicyDocument[], commit: Commit, change: Change) => Said;
}

function rulesOf(
  { judged }: Judging,
  { policies, at }: Footed,
): readonly CarriedEntry[] | undefined {
  const commit = judged.commits[at] as Commit;
  const rules = policies.map(
    (policy) => governing(policy, commit, judged.ref).find(({ carried }) => carried)?.carried,
  );
  return rules.every((rule) => rule !== undefined) ? rules : undefined;
}

/** "So a head is searched only in these cases." */
function isAsked(judging: Judging, { policies, at, said }: Footed, rules: readonly CarriedEntry[]) {
  if (said.status === 'verified') return false;
  const commit = judging.judged.commits[at] as Commit;
  const open =
    said.status === 'unsigned' ||
    said.status === 'undecided' ||
    ['identity-not-allowed', 'key-not-pinned'].includes(said.code ?? '');
  return rules.every(({ by }, index) => {
    if (by === undefined) return open;
    const { commits: _, ...policy } = policies[index] as PolicyDocument;
    // a rule without refs is the one that governs
    const alone = { ...policy, commits: [{ by }] };
    return judging.own([alone], commit, 'none').status === 'verified';
  });
}

/** "Each of them must pass for the ref of L, under the policies that judge L, by its own signature." */
function allPass(judging: Judging, footed: Footed, brings: readonly number[], how: How): boolean {
  const { judged } = judging;
  const { policies } = footed;
  return brings.every((at) => {
    const commit = judged.commits[at] as Commit;
    const before = commit.parents.map((each) => judged.commits[each]?.policy ?? 'none');
    const change = changeOf(judged.policies, commit.policy, before);
    const said = judging.own(policies, commit, change);
    const passes =
      said.status === 'verified' ||
      (how === 'merge' && carriedBy(judging, { at, policies, change, said }).length > 0);
    const clean = policies.some((policy) =>
      governing(policy, commit, judged.ref).some(({ merges }) => merges === 'clean'),
    );
    const [first = -1, second = -1] = commit.parents;
    const own = () =>
      commit.parents.length === 2 && same(filesOf(commit), mergeOf(judged.commits, first, second));
    return passes && (!clean || commit.parents.length < 2 || own());
  });
}

/** "If L changes the policy." `makers`: the commits of H one of which made the change. */
function mayChange(judging: Judging, footed: Footed, how: How, makers: readonly number[]): boolean {
  const { change, at, policies } = footed;
  if (change === 'none') return true;
  if (typeof change === 'string' || how === 'merge') return false;
  const { commits, policies: files } = judging.judged;
  return makers.some((each) => {
    const maker = commits[each] as Commit;
    const before = maker.parents.map((parent) => commits[parent]?.policy ?? 'none');
    return (
      maker.policy === commits[at]?.policy &&
      changeOf(files, maker.policy, before) !== 'none' &&
      judging.own(policies, maker, change).status === 'verified'
    );
  });
}

/** Commits in a row, and the one above them on the range's own line. */
interface Run {
  readonly run: readonly number[];
  readonly next: number | undefined;
}

/** The commit of H that a commit of the run stands for, if `run` on `onto` repeats what it brings from the head. */
function ownOf(
  { commits }: Case,
  { run, next }: Run,
  onto: number,
  { head, brings }: { readonly head: number; readonly brings: readonly number[] },
): ReadonlyMap<number, number> | undefined {
  if (brings.some((each) => (commits[each]?.parents.length ?? 0) > 1)) return undefined;
  const found = new Map<number, number>();
  let before = onto;
  for (const original of brings) {
    const made = appliedTo(commits, before, original);
    if (made === undefined) return undefined;
    if (same(made, filesOf(commits[before]))) continue;
    const result = run[found.size];
    if (result === undefined || !same(made, filesOf(commits[result]))) return undefined;
    if (!sameWords(commits[result], commits[original])) return undefined;
    found.set(result, original);
    before = result;
  }
  const says = (each: number | undefined, some: readonly number[]): boolean =>
    each !== undefined &&
    commits[each]?.parents.length === 1 &&
    some.some((original) => sameWords(commits[each], commits[original]));
  // the run reaches as far down and up as commits say the same as commits of H
  const stands = brings.flatMap((each, index) =>
    [...found.values()].includes(each) ? [index] : [],
  );
  if (says(onto, brings.slice(0, stands[0]))) return undefined;
  if (says(next, brings.slice((stands.at(-1) ?? 0) + 1))) return undefined;
  const whole =
    found.size === run.length && same(filesOf(commits[before]), mergeOf(commits, onto, head));
  return whole ? found : undefined;
}

/** The runs of commits that may hold L, each with what it stands on. */
function runsOf({ judged, line }: Judging, at: number): readonly Run[] {
  const { commits, world } = judged;
  const above: number[] = [];
  if (world?.single !== true && line.has(at)) {
    for (const each of [...line].filter((other) => other > at).toSorted((a, b) => a - b)) {
      if (commits[each]?.parents.length !== 1) break;
      above.push(each);
    }
  }
  const runs: Run[] = [];
  const below: number[] = [];
  for (let first: number | undefined = at; first !== undefined && first >= 0; ) {
    const parents: readonly number[] = commits[first]?.parents ?? [];
    if (parents.length !== 1) break;
    below.unshift(first);
    for (let more = 0; more <= above.length; more += 1)
      runs.push({ run: [...below, ...above.slice(0, more)], next: above[more] });
    first = parents[0];
  }
  return runs;
}

const DAY = 86_400;

/** "By the same tree as L, by one of the changed files as L has it and P does not. Those of commits above L count too." */
function isLike(
  { judged, line }: Judging,
  at: number,
  head: number,
  rules: readonly CarriedEntry[],
): boolean {
  const { commits, world } = judged;
  const [tree, theirs] = [filesOf(commits[at]), filesOf(commits[head])];
  const before = filesOf(commits[commits[at]?.parents[0] ?? -1]);
  const runs =
    world?.single !== true && line.has(at) && rules.every(({ how }) => how.includes('rebase'));
  const above = runs ? [...line].filter((each) => each > at) : [];
  const trees = [tree, ...above.map((each) => filesOf(commits[each]))];
  const changed = Object.keys({ ...before, ...tree }).filter((path) => tree[path] !== before[path]);
  const kept = changed.filter((path) => tree[path] !== undefined);
  return (
    trees.some((each) => same(each, theirs)) ||
    (kept.length === 0 ? changed : kept).some((path) =>
      trees.some((each) => each[path] !== before[path] && each[path] === theirs[path]),
    )
  );
}

/** Commits of refs that fit `heads` of every rule, and that the search finds for L. */
function headsFor(judging: Judging, at: number, rules: readonly CarriedEntry[]): readonly number[] {
  const { commits, world } = judging.judged;
  const dated = (each: number): number => {
    const line = commits[each]?.committer;
    return line === undefined || line === 'odd' ? 0 : line.time;
  };
  const found = (world?.heads ?? []).filter(({ ref, at: head }) => {
    const fit = rules.every(({ heads }) =>
      heads === undefined
        ? DEFAULT_HEADS.includes(ref)
        : heads.some((each) => HEAD_PATTERNS[each]?.includes(ref)),
    );
    const numbers = (commits[at]?.message ?? '').match(/(?<=[#!])[0-9]+/g) ?? [];
    const named = numbers.slice(0, 4).some((each) => ref.split('/').includes(each));
    return fit && (named || (dated(head) <= dated(at) + DAY && isLike(judging, at, head, rules)));
  });
  return [...new Set(found.map(({ at: head }) => head))];
}

/** Returns every way in which the commit is carried. */
export function carriedBy(judging: Judging, footed: Footed): readonly Carried[] {
  const { judged } = judging;
  const { commits } = judged;
  const { at } = footed;
  const rules = rulesOf(judging, footed);
  if (rules === undefined || !isAsked(judging, footed, rules)) return [];
  const all = (how: How): boolean => rules.every((rule) => rule.how.includes(how));
  const tree = filesOf(commits[at]);
  const { parents = [] } = commits[at] ?? {};
  const [first = -1, second = -1] = parents;
  const ways: Carried[] = [];
  const bringing = (head: number, onto: number, how: How): readonly number[] | undefined => {
    const brings = between(commits, [onto], [head]);
    const right = brings.length > 0 && brings.length <= 1000;
    return right && allPass(judging, footed, brings, how) ? brings : undefined;
  };
  if (parents.length === 2 && all('merge') && same(tree, mergeOf(commits, first, second))) {
    const brings = bringing(second, first, 'merge');
    if (brings !== undefined && mayChange(judging, footed, 'merge', brings))
      ways.push({ how: 'merge', head: second, commits: brings, counted: brings });
  }
  if (parents.length !== 1) return ways;
  for (const head of headsFor(judging, at, rules)) {
    if (
      all('squash') &&
      same(tree, mergeOf(commits, first, head)) &&
      !same(tree, filesOf(commits[first]))
    ) {
      const brings = bringing(head, first, 'squash');
      const kept = commits[at]?.policy === commits[head]?.policy || footed.change === 'none';
      if (brings !== undefined && kept && mayChange(judging, footed, 'squash', brings))
        ways.push({ how: 'squash', head, commits: brings, counted: brings });
    }
    for (const row of all('rebase') ? runsOf(judging, at) : []) {
      const [onto = -1] = commits[row.run[0] ?? -1]?.parents ?? [];
      // a commit that H reaches is no repetition
      const fresh = between(commits, [head], row.run);
      if (!row.run.every((each) => fresh.includes(each))) continue;
      const brings = between(commits, [onto], [head]);
      const own = ownOf(judged, row, onto, { head, brings })?.get(at);
      if (own === undefined || bringing(head, onto, 'rebase') === undefined) continue;
      if (!mayChange(judging, footed, 'rebase', [own])) continue;
      const way: Carried = { how: 'rebase', head, commits: brings, counted: [own] };
      // "The last commit of a rebased run has the tree of a squash too. It counts as rebased."
      if (row.run[0] === at) ways.push(way);
      else ways.unshift(way);
    }
  }
  return ways;
}
