/**
 * Finds the approvals of what lands: as it was, merged, rebased, squashed or carried (docs/policy.md). It compares commits
 * and trees only. Who approved, and for which ref, is decided by judge.ts.
 */

import type { CountedApproval } from '../../core/verdict.ts';
import { mergeBases } from '../../git/merge-bases.ts';
import type { MergeTrees } from '../../git/merge-tree.ts';
import {
  type ApprovedCommits,
  openApprovedCommits,
  type ReadCommit,
  readCommits,
} from './commits.ts';
import type { KnownApproval, KnownApprovals } from './known.ts';
import { openRebased, type RebasedSettings } from './rebased.ts';

/** How an approved commit landed. */
export type Way = Exclude<CountedApproval['how'], 'tagged'>;

/** A commit on the ref's own line, with what it brings. */
export interface Landing extends ReadCommit {
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

export interface LandedSettings extends Omit<RebasedSettings, 'approved' | 'merges'> {
  readonly merges: Pick<MergeTrees, 'treeOf' | 'treeOver'>;
}

/** Yields the approvals that cover a landing, in groups. The later groups cost more, so a caller may stop when it has enough. */
export type FindApprovals = (landing: Landing) => AsyncGenerator<readonly FittingApproval[]>;

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
  ): Promise<readonly FittingApproval[]> => {
    const found: FittingApproval[] = [];
    for (const each of all) {
      const { approval } = each;
      const [head] = await readCommits(repository, [approval.commit]);
      const approved = head?.tree === approval.tree ? await approvedBy(approval) : undefined;
      const how = approved && (known ?? (await wayOf(each, approved, landing, settings)));
      if (how !== undefined && approved !== undefined) found.push({ ...each, how, approved });
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
