/** The part of the second model that knows `approvals`, written from docs/policy.md. */

import type { Carried } from './carried.ts';
import {
  type Act,
  APPROVAL_TYPE,
  type ApprovalsEntry,
  type Case,
  type Commit,
  IDENTITY_PATTERNS,
  type PolicyDocument,
  REF_PATTERNS,
  type RevokedEntry,
  type RuleEntry,
  type Statement,
} from './cases.ts';
import {
  appliedTo,
  bestBases,
  between,
  filesOf,
  mergeOf,
  reach,
  same,
  treeId,
} from './git-facts.ts';
import { personOf } from './model.ts';
import { entitled, isTakenBack } from './statements.ts';

/** A landing: a commit on the ref's own line, with the range that is judged around it. */
export interface Landing {
  readonly at: number;
  /** The range's commits, and those of them on the ref's own line. */
  readonly range: ReadonlySet<number>;
  readonly line: ReadonlySet<number>;
  /** What the run says of the commits: those that pass as carried. */
  readonly carried: ReadonlyMap<number, Carried>;
}

/** What an approval is about: positions in the history. */
interface Approved {
  readonly head: number;
  readonly base: number | undefined;
  readonly commits: readonly number[];
}

function approvedBy({ commits }: Case, { content, ...said }: Statement): Approved | undefined {
  const [id] = said.commits;
  const head = commits.findIndex((commit) => commit.id === id);
  if (head === -1 || said.trees[0] !== treeId(filesOf(commits[head]))) return undefined;
  const { base: named } = content;
  if (named === undefined) return { head, base: undefined, commits: between(commits, [], [head]) };
  const base = commits.findIndex((commit) => commit.id === named);
  if (base === -1) return undefined;
  return { head, base, commits: between(commits, [base], [head]) };
}

/** "What it brings." */
export function brought({ commits, world }: Case, { at, range }: Landing): readonly number[] {
  const { parents = [] } = commits[at] ?? {};
  const all = between(commits, parents.slice(0, 1), parents.slice(1));
  return world?.single === true ? all : all.filter((each) => range.has(each));
}

function asItWas(judged: Case, landing: Landing, { head, commits }: Approved): boolean {
  const { at, line } = landing;
  const here = at === head || (judged.world?.single !== true && line.has(head));
  return here && [at, ...brought(judged, landing)].every((each) => commits.includes(each));
}

function onlyBase(
  { commits }: Case,
  base: number | undefined,
  one: number,
  other: number,
): boolean {
  const best = bestBases(commits, one, other);
  return best.length === 1 && best[0] === base;
}

function merged(judged: Case, { at }: Landing, { head, base }: Approved): boolean {
  const { parents = [] } = judged.commits[at] ?? {};
  const [first = -1, second] = parents;
  return (
    parents.length === 2 &&
    second === head &&
    onlyBase(judged, base, first, head) &&
    same(filesOf(judged.commits[at]), mergeOf(judged.commits, first, head))
  );
}

/** "The same `author` line, encoding and message (but for line ends behind it)." */
export function sameWords(one: Commit | undefined, other: Commit | undefined): boolean {
  const words = (commit: Commit | undefined): string =>
    JSON.stringify([commit?.author, commit?.message?.trimEnd(), commit?.signOffs]);
  return words(one) === words(other);
}

function rebased(judged: Case, { at, line }: Landing, approved: Approved): boolean {
  const { commits } = judged;
  const { base, head, commits: originals } = approved;
  // a line from the base to the head, without merges
  const straight = originals.every((each, index) => {
    const { parents = [] } = commits[each] ?? {};
    return parents.length === 1 && parents[0] === (index === 0 ? base : originals[index - 1]);
  });
  if (base === undefined || !straight || originals.at(-1) !== head) return false;
  const own = [...line].toSorted((one, other) => one - other);
  return own.some((_, first) => {
    const results = own.slice(first, first + originals.length);
    const [onto = -1] = commits[results[0] ?? -1]?.parents ?? [];
    return (
      results.length === originals.length &&
      results.includes(at) &&
      onlyBase(judged, base, head, onto) &&
      results.every((result, index) => {
        const original = originals[index] ?? -1;
        const { parents = [] } = commits[result] ?? {};
        return (
          parents.length === 1 &&
          sameWords(commits[result], commits[original]) &&
          same(filesOf(commits[result]), appliedTo(commits, parents[0] ?? -1, original))
        );
      })
    );
  });
}

function squashed({ commits }: Case, { at }: Landing, { head, base, ...rest }: Approved): boolean {
  const { parents = [] } = commits[at] ?? {};
  return (
    base !== undefined &&
    parents.length === 1 &&
    parents[0] === base &&
    same(filesOf(commits[at]), filesOf(commits[head])) &&
    rest.commits.length >= 2
  );
}

function carriedFrom(judged: Case, { at, carried }: Landing, { head, base }: Approved): boolean {
  const found = carried.get(at);
  const [first = -1] = judged.commits[at]?.parents ?? [];
  return (
    found !== undefined &&
    found.how !== 'rebase' &&
    found.head === head &&
    onlyBase(judged, base, head, first)
  );
}

/** "A person has the addresses of all entries of that name." */
function hasAddress(policy: PolicyDocument, person: string, address: string): boolean {
  const sought = address.toLowerCase();
  return policy.signers
    .filter(({ name }) => name === person)
    .some(
      ({ identity, committers = [], ...entry }) =>
        [identity, ...committers].some((each) => each?.toLowerCase() === sought) ||
        IDENTITY_PATTERNS[entry['identity-pattern'] ?? '']?.(sought) === true,
    );
}

/** People who wrote or signed one of these, by name, and the addresses that they are written with. */
function authorsOf(policy: PolicyDocument, acts: readonly (Act | undefined)[]) {
  const names = new Set(acts.flatMap((act) => personOf(policy, act?.by) ?? []));
  const lines = acts.flatMap((act) =>
    act === undefined ? [] : act.type === 'tag' ? [act.committer] : [act.committer, act.author],
  );
  const addresses = lines.flatMap((line) => (line === 'odd' ? [] : [line.email]));
  return (person: string, { by }: Statement): boolean =>
    names.has(person) ||
    addresses.some(
      (each) =>
        hasAddress(policy, person, each) ||
        (by.kind === 'email' && by.value.toLowerCase() === each.toLowerCase()),
    );
}

interface Asked {
  readonly policy: PolicyDocument;
  readonly later: readonly RevokedEntry[];
  readonly due: ApprovalsEntry;
}

/** The lines of the table that need no landing. */
function mayApprove(judged: Case, statement: Statement, { policy, later, due }: Asked): boolean {
  const { addresses = [] } = judged.world ?? {};
  const { content, commits, trees } = statement;
  const entries = [...(policy.revoked ?? []), ...later].map(({ except: _, ...entry }) => entry);
  return (
    statement.holds &&
    statement.type === APPROVAL_TYPE &&
    commits.length === 1 &&
    trees.length === 1 &&
    statement.tags.length <= 1 &&
    (addresses.length === 0 || addresses.includes(String(content['repository'] ?? ''))) &&
    !isTakenBack(entries, statement, '') &&
    entitled(policy, statement, due.by)
  );
}

/** Returns true if as many people as the rule asks for approved the landing. */
export function approvedEnough(
  judged: Case,
  landing: Landing,
  { policy, later, rule }: Omit<Asked, 'due'> & { readonly rule: RuleEntry },
): boolean {
  const due = rule.approvals;
  if (due === undefined) return true;
  const { at, carried } = landing;
  const people = new Set<string>();
  for (const statement of judged.world?.statements ?? []) {
    if (!mayApprove(judged, statement, { policy, later, due })) continue;
    const said = String(statement.content['ref']);
    const wanted =
      due.for !== undefined
        ? said === due.for
        : judged.ref !== undefined
          ? said === judged.ref
          : (rule.refs?.some((each) => REF_PATTERNS[each]?.includes(said)) ?? true);
    // an approval of a tag is for refs of tags only
    if (!said.startsWith('refs/tags/') && statement.tags.length > 0) continue;
    const approved = wanted ? approvedBy(judged, statement) : undefined;
    if (approved === undefined) continue;
    const byMerge = merged(judged, landing, approved);
    const byCarried = carriedFrom(judged, landing, approved);
    const was = [asItWas, rebased, squashed].some((each) => each(judged, landing, approved));
    if (!byMerge && !byCarried && !was) continue;
    const fromHead = carried.get(at)?.head === approved.head;
    const bringing = brought(judged, landing);
    const authors = new Set([
      ...approved.commits,
      ...bringing,
      ...(byMerge || fromHead ? [] : [at]),
      ...[at, ...bringing].flatMap((each) => carried.get(each)?.commits ?? []),
    ]);
    const person = personOf(policy, statement.by);
    if (person === undefined) continue;
    const wrote = authorsOf(
      policy,
      [...authors].map((each) => judged.commits[each]),
    );
    if (due.not === 'author' && wrote(person, statement)) continue;
    people.add(person);
  }
  return people.size >= due.count;
}

/** Returns true if as many people approved the tag as its rule asks for. The tag leads to the run's tip. */
export function approvedTag(
  judged: Case,
  { tag, target }: { readonly tag: Act; readonly target: Commit },
  { policy, later, rule }: Omit<Asked, 'due'> & { readonly rule: RuleEntry },
): boolean {
  const due = rule.approvals;
  if (due === undefined) return true;
  const people = new Set<string>();
  const ref = due.for ?? `refs/tags/${tag.tagName}`;
  const wrote = authorsOf(policy, [tag, target]);
  for (const statement of judged.world?.statements ?? []) {
    const { content } = statement;
    const person = personOf(policy, statement.by);
    const counts =
      mayApprove(judged, statement, { policy, later, due }) &&
      content['ref'] === ref &&
      !(ref.startsWith('refs/tags/') && content['base'] !== undefined) &&
      statement.commits[0] === target.id &&
      statement.trees[0] === treeId(filesOf(target)) &&
      statement.tags.every((each) => each === tag.id);
    if (!counts || person === undefined) continue;
    if (due.not === 'author' && wrote(person, statement)) continue;
    people.add(person);
  }
  return people.size >= due.count;
}

/** Returns what the tip reaches, without the start and what it reaches. Without a world, all commits are judged. */
export function rangeOf({ commits, world }: Case): ReadonlySet<number> {
  if (world === undefined) return new Set([...commits.keys()].filter((at) => at > 0));
  const { tip } = world;
  const old = reach(commits, [0]);
  return new Set([...reach(commits, [tip])].filter((at) => at > 0 && !old.has(at)));
}
