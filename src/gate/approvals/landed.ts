/**
 * Finds the approvals of what lands: as it was, merged, rebased, squashed or carried (docs/policy.md). It compares commits
 * and trees only. Who approved, and for which ref, is decided by judge.ts.
 */

import type { CountedApproval } from '../../core/verdict.ts';
import { mergeBases } from '../../git/merge-bases.ts';
import type { MergeTrees } from '../../git/merge-tree.ts';
import { type StatedCommit, statedCommit } from '../stated-commit.ts';
import { type ApprovedCommits, openApprovedCommits } from './commits.ts';
import type { KnownApproval, KnownApprovals } from './known.ts';
import { openRebased, type RebasedSettings } from './rebased.ts';

/** How an approved commit landed. */
export type Way = Exclude<CountedApproval['how'], 'tagged'>;

/** A commit on the ref's own line, with what it brings. */
export interface Landing extends StatedCommit {
  /** Landings of the run, which this one is part of. */
  readonly line: ReadonlySet<string>;
  /** Full hashes of what its other parents reach and its first parent does not. */
  readonly brought: readonly string[];
  /** The head that it is carried from, and how. */
  readonly carried?: { readonly head: string; readonly how: string } | undefined;
}

/** An approval of what lands. */
export interface FittingApproval extends KnownApproval {
  readonly how: Way;
  readonly approved: ApprovedCommits;
}

/** An approval at hand that does not cover what lands. */
export interface OtherApproval extends KnownApproval {
  /** Why not, in words. */
  readonly why: string;
}

export interface LandedSettings extends Omit<RebasedSettings, 'approved' | 'merges'> {
  readonly merges: Pick<MergeTrees, 'treeOf' | 'treeOver'>;
}

/** Yields the approvals at hand about a landing, in groups. The later groups cost more, so a caller may stop when it has enough. */
export type FindApprovals = (
  landing: Landing,
) => AsyncGenerator<readonly (FittingApproval | OtherApproval)[]>;

/** Digits of a hash in reasons. */
const SHORT = 12;

type ApprovedBy = RebasedSettings['approved'];
type ByCommit = ReadonlyMap<string, readonly KnownApproval[]>;

/** Returns true if the approval's base is the only best common ancestor of its head and `first`. */
async function isOnlyBase(
  { repository }: LandedSettings,
  { commit, base }: KnownApproval['approval'],
  first: string | undefined,
): Promise<boolean> {
  if (base === undefined || first === undefined) return false;
  const bases = await mergeBases(repository, first, commit);
  return bases.length === 1 && bases[0] === base;
}

/** Returns how the approved commit landed, or undefined if this landing is something else. A rebase is found elsewhere. */
async function wayOf(
  { approval }: KnownApproval,
  approved: ApprovedCommits,
  landing: Landing,
  settings: LandedSettings,
): Promise<Way | undefined> {
  const { id, tree, parents, brought, line, carried } = landing;
  const [first, second, third] = parents;
  const { commit, base } = approval;
  const isThere = commit === id || line.has(commit);
  if (isThere && [id, ...brought].every((each) => approved.ids.has(each))) return 'as it was';
  const onlyBase = (): Promise<boolean> => isOnlyBase(settings, approval, first);
  if (first !== undefined && second === commit && third === undefined && (await onlyBase())) {
    if ((await settings.merges.treeOf(first, commit)) === tree) return 'merged';
  }
  const squash = first !== undefined && second === undefined && commit !== id && first === base;
  if (squash && tree === approval.tree && approved.ids.size > 1) return 'squashed';
  const byForge = carried?.head === commit && carried.how !== 'rebase';
  return byForge && (await onlyBase()) ? 'carried' : undefined;
}

/** Returns why an approval whose commits are here does not cover a landing. */
function whyOther({ approval }: KnownApproval, { id, parents }: Landing): string {
  const { commit, base } = approval;
  const from = base === undefined ? 'has no base' : `is for base ${base.slice(0, SHORT)}`;
  if (commit === id) return `it ${from}, which is not where the landing begins`;
  if (parents[1] === commit) return `it ${from}, or the merge is not git's own`;
  return `it is for commit ${commit.slice(0, SHORT)}, and this is not git's own copy of it`;
}

/** Returns the approvals of landings that come later on the line, by the landings before them that they cover too. */
async function coveredBy(
  known: KnownApprovals,
  line: ReadonlySet<string>,
  approvedBy: ApprovedBy,
): Promise<ByCommit> {
  const covered = new Map<string, KnownApproval[]>();
  for (const head of await known.subjects()) {
    if (!line.has(head)) continue;
    for (const each of await known.about(head)) {
      if (each.approval.commit !== head) continue;
      for (const id of (await approvedBy(each.approval))?.ids ?? []) {
        if (id !== head && line.has(id)) covered.set(id, [...(covered.get(id) ?? []), each]);
      }
    }
  }
  return covered;
}

/** Returns the finder of one run. */
export function openLanded(settings: LandedSettings): FindApprovals {
  const { repository, known } = settings;
  const approvedBy = openApprovedCommits(repository);
  const rebased = openRebased({ ...settings, approved: approvedBy });
  const later = new WeakMap<ReadonlySet<string>, Promise<ByCommit>>();

  const fitting = async (
    all: Iterable<KnownApproval>,
    landing: Landing,
    known?: 'rebased',
  ): Promise<readonly (FittingApproval | OtherApproval)[]> => {
    const found: (FittingApproval | OtherApproval)[] = [];
    for (const each of all) {
      const { approval } = each;
      const head = await statedCommit(repository, approval.commit);
      const approved = head?.tree === approval.tree ? await approvedBy(approval) : undefined;
      const how = approved && (known ?? (await wayOf(each, approved, landing, settings)));
      if (how !== undefined && approved !== undefined) found.push({ ...each, how, approved });
      else if (head !== undefined && head.tree !== approval.tree) {
        found.push({ ...each, why: 'its tree is not that of the approved commit' });
      } else if (approved === undefined) {
        const what = `the approved commits up to ${approval.commit.slice(0, SHORT)}`;
        found.push({ ...each, why: `${what} are not here, or too many: fetch them` });
      } else found.push({ ...each, why: whyOther(each, landing) });
    }
    return found;
  };

  return async function* (landing) {
    const { id, tree, parents, line, carried } = landing;
    const places = new Set([id, tree, ...parents.slice(1, 2), ...(carried ? [carried.head] : [])]);
    const direct = new Set<KnownApproval>();
    for (const place of places) for (const each of await known.about(place)) direct.add(each);
    yield await fitting(direct, landing);
    const before = later.get(line) ?? coveredBy(known, line, approvedBy);
    later.set(line, before);
    yield await fitting((await before).get(id) ?? [], landing);
    if (parents.length === 1) yield await fitting(await rebased(landing, line), landing, 'rebased');
  };
}
