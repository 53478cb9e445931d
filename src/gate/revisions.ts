/**
 * Turns revisions into requests for objects. Every name is resolved to a full hash once, before anything is judged
 * (threat P13). A full hash means that very object. Any other name means the commit that it leads to, as in gitsign. A
 * run with nothing to check is an error, never a pass (threat P05).
 */

import { commitLinks } from '../core/git/links.ts';
import { UsageError } from '../errors.ts';
import { resolveCommits } from '../git/names.ts';
import type { ObjectRequest } from '../git/objects.ts';
import { isAncestor, isOnLine, seemsAncestor, shallowHint } from '../git/paths.ts';
import {
  type Order,
  type ProvedRange,
  type proveRange,
  proveSome,
  type Range,
  type WalkedCommit,
} from '../git/range-commits.ts';
import { type GitRepository, isFullHash } from '../git/repository.ts';
import type { ReportSubject } from '../report/format.ts';

export interface Plan {
  readonly requests: AsyncIterable<readonly ObjectRequest[]>;
  /** Number of objects. Unknown for names that come on standard input. */
  readonly total?: number | undefined;
  /** Each revision, and the tips of each range. Empty for names that come on standard input. */
  readonly subjects: readonly ReportSubject[];
  /** Full hash of the start, if a range goes back beyond it. The part beyond it is not judged. */
  readonly startsAt?: string;
}

const LINES_AT_ONCE = 1024;
const NO_SUCH = { code: 'NO_SUCH_OBJECT' } as const;

/** Returns requests for the commits that names lead to. A full hash is taken as it is. */
async function requestsFor(
  repository: GitRepository,
  names: readonly string[],
): Promise<readonly ObjectRequest[]> {
  const wanted = names.filter((name) => !isFullHash(name, repository.format));
  const found = await resolveCommits(repository, wanted);
  const byName = new Map(wanted.map((name, index) => [name, found[index]]));
  return names.map((name) => {
    if (!byName.has(name)) return { id: name, single: true };
    const object = byName.get(name);
    if (object === undefined) throw new UsageError(`${name}: there is no such commit`, NO_SUCH);
    return { id: object.id, ref: object.ref ?? name, single: true };
  });
}

interface NamedRange extends Range {
  readonly name: string;
}

/** Splits `A..B` or `A...B`, where a missing side means HEAD. Returns undefined for any other text. Ref names hold no `..`. */
function splitRange(text: string): { from: string; to: string; symmetric: boolean } | undefined {
  const match = /^(.*?)(\.\.\.?)(.*)$/s.exec(text);
  if (match === null) return undefined;
  const [, from = '', dots, to = ''] = match;
  return { from: from || 'HEAD', to: to || 'HEAD', symmetric: dots === '...' };
}

/** Resolves the ends of a range to commits. Full hashes are checked too, because rev-list's own error is less clear. */
async function resolveRange(
  repository: GitRepository,
  text: string,
): Promise<NamedRange | undefined> {
  const parts = splitRange(text);
  if (parts === undefined) return undefined;
  const { from, to, symmetric } = parts;
  const ends = [from, to];
  const found = await resolveCommits(repository, ends);
  const ids = ends.map((name, index) => {
    const id = found[index]?.id;
    if (id !== undefined) return id;
    throw new UsageError(`${text}: there is no commit ${name}`, {
      ...NO_SUCH,
      ...shallowHint(repository),
    });
  });
  const [base = '', tip = ''] = ids;
  return symmetric
    ? { name: text, include: [base, tip], exclude: [], symmetric }
    : { name: text, include: [tip], exclude: [base], symmetric };
}

function subjectsOf(part: ObjectRequest | NamedRange): readonly ReportSubject[] {
  if ('id' in part) return [{ id: part.id, type: 'commit', name: part.ref ?? part.id }];
  const { include, exclude, name, symmetric } = part;
  const base = symmetric ? {} : { base: exclude };
  return include.map((id) => ({ id, type: 'commit', name, ...base }));
}

/** How commits become requests. */
export interface PlanSettings {
  /** Full hash of the start. Ranges leave it and its ancestors out. */
  readonly since?: string | undefined;
  /** Order of watched ranges. Without watch, the order is newest first. */
  readonly order: Order;
  /** Makes the requests for commits whose parents are known. Absent if no rule needs the parents. */
  readonly watch?: ((walk: () => Commits) => Requests) | undefined;
}

type Requests = AsyncIterable<readonly ObjectRequest[]>;
type Commits = Iterable<readonly WalkedCommit[]>;

/** @throws UsageError NOT_AN_ANCESTOR if a tip of a range does not descend from `since` (threat P16) */
async function mustDescend(
  repository: GitRepository,
  { include, name }: NamedRange,
  since: string,
): Promise<void> {
  for (const tip of include) {
    if (await isOnLine(repository, since, tip)) continue;
    if (await isAncestor(repository, since, tip)) continue;
    throw new UsageError(`${name} does not descend from ${since.slice(0, 12)} (since)`, {
      code: 'NOT_AN_ANCESTOR',
      hint: 'rebase the branch on that commit, or correct since in the policy',
    });
  }
}

/**
 * Cuts a range at `since`, and proves it by `prove`. If the walk ends at `since`, its hashed commits are the path from there to
 * the tips, and no other is looked for. @throws UsageError NOT_AN_ANCESTOR if a tip does not descend from `since` (threat
 * P16), and as `prove`
 */
export async function proveFrom<R extends NamedRange>(
  repository: GitRepository,
  range: R,
  since: string | undefined,
  prove: typeof proveRange,
): Promise<readonly [started: R, proved: ProvedRange]> {
  if (since === undefined) return [range, await prove(repository, range, range.name)];
  const started = { ...range, exclude: [...range.exclude, since] };
  let proved: ProvedRange;
  try {
    proved = await prove(repository, started, range.name);
  } catch (error) {
    // a start that is wrong is the cause of other errors, too
    await mustDescend(repository, range, since);
    throw error;
  }
  if (!proved.reaches(since)) await mustDescend(repository, range, since);
  return [started, proved];
}

/** Returns a commit with its links, or undefined if git finds none in it. */
export function walkedCommit(
  { format, shallow }: Pick<GitRepository, 'format' | 'shallow'>,
  { id, raw }: { readonly id: string; readonly raw: Uint8Array },
): WalkedCommit | undefined {
  const links = commitLinks(raw, format);
  // a shallow clone has no parents here to compare with
  const parents = shallow.has(id) ? [] : links?.parents;
  return links && { id, tree: links.tree, parents: parents ?? [], boundary: false };
}

/** Returns the commits of single requests. It skips other objects, which the judge will refuse. */
async function singleCommits(
  repository: GitRepository,
  singles: readonly ObjectRequest[],
): Promise<readonly WalkedCommit[]> {
  const ids = singles.map(({ id }) => id);
  const commits = await repository.objects.each(ids, (frame) => {
    const isCommit = frame.kind === 'object' && frame.type === 'commit';
    return isCommit ? walkedCommit(repository, frame) : undefined;
  });
  return commits.filter((commit) => commit !== undefined);
}

/** Yields watched requests for single commits. Each keeps the name that the caller gave it. */
async function* watchSingles(
  repository: GitRepository,
  singles: readonly ObjectRequest[],
  watch: NonNullable<PlanSettings['watch']>,
): AsyncGenerator<readonly ObjectRequest[]> {
  const commits = await singleCommits(repository, singles);
  const watched = new Map<string, ObjectRequest>();
  for await (const group of watch(() => [commits]))
    for (const each of group) watched.set(each.id, each);
  yield singles.map((single) => ({ ...watched.get(single.id), ...single }));
}

/** Yields requests for the commits of a range. */
export async function* rangeRequests(
  range: ProvedRange,
  { order, watch }: Pick<PlanSettings, 'order' | 'watch'>,
): AsyncGenerator<readonly ObjectRequest[]> {
  if (watch !== undefined) yield* watch(() => range.walk(order));
  else for (const ids of range.ids()) yield ids.map((id) => ({ id }));
}

/** Returns true if a range holds commits from before the start. This is only reported, so git's unproved answer will do. */
async function goesBehind(
  repository: GitRepository,
  { exclude, symmetric }: NamedRange,
  { reaches }: ProvedRange,
  since: string | undefined,
): Promise<boolean> {
  if (since === undefined) return false;
  // the walk met only commits behind the base, so the start lies behind it too
  if (!symmetric && !reaches(since)) return false;
  for (const base of exclude) if (await seemsAncestor(repository, since, base)) return false;
  return true;
}

/** Plans revisions and ranges that come as arguments. No argument means HEAD. */
export async function planRevisions(
  repository: GitRepository,
  revisions: readonly string[],
  { since, order, watch }: PlanSettings = { order: 'newest-first' },
): Promise<Plan & { readonly ranges: readonly ProvedRange[] }> {
  const parts: (ObjectRequest | ProvedRange)[] = [];
  const subjects: ReportSubject[] = [];
  let total = 0;
  let behind = false;
  for (const text of revisions.length === 0 ? ['HEAD'] : revisions) {
    const range = await resolveRange(repository, text);
    if (range === undefined) {
      const requests = await requestsFor(repository, [text]);
      parts.push(...requests);
      subjects.push(...requests.flatMap(subjectsOf));
      total += 1;
    } else {
      const [started, proved] = await proveFrom(repository, range, since, proveSome);
      parts.push(proved);
      subjects.push(...subjectsOf(started));
      behind ||= await goesBehind(repository, range, proved, since);
      total += proved.count;
    }
  }
  async function* requests(): AsyncGenerator<readonly ObjectRequest[]> {
    for (const part of parts) {
      if (!('id' in part)) yield* rangeRequests(part, { order, watch });
      else yield* watch === undefined ? [[part]] : watchSingles(repository, [part], watch);
    }
  }
  const ranges = parts.filter((part) => 'walk' in part);
  const startsAt = behind && since !== undefined ? { startsAt: since } : {};
  return { requests: requests(), total, subjects, ranges, ...startsAt };
}

/** Plans names that come one a line. Blank lines are skipped. */
export function planLines(
  repository: GitRepository,
  lines: AsyncIterable<string>,
  watch?: PlanSettings['watch'],
): Plan {
  const watched = (
    singles: readonly ObjectRequest[],
  ): Requests | readonly (readonly ObjectRequest[])[] =>
    watch === undefined ? [singles] : watchSingles(repository, singles, watch);
  async function* requests(): AsyncGenerator<readonly ObjectRequest[]> {
    let group: string[] = [];
    let empty = true;
    for await (const line of lines) {
      const name = line.trim();
      if (name === '') continue;
      if (name.includes('..')) {
        throw new UsageError(`${name}: give ranges as arguments, not on standard input`);
      }
      empty = false;
      group.push(name);
      if (group.length < LINES_AT_ONCE) continue;
      yield* watched(await requestsFor(repository, group));
      group = [];
    }
    if (empty) {
      throw new UsageError('there is no revision on standard input', { code: 'EMPTY_RANGE' });
    }
    if (group.length > 0) yield* watched(await requestsFor(repository, group));
  }
  return { requests: requests(), subjects: [] };
}
