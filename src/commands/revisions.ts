/**
 * What a person or a hook asks to verify, as requests for objects. Every name is resolved once, to a full hash,
 * before anything is judged (P13); a full hash stands for that very object, any other name for the commit that
 * it leads to, as in gitsign. Nothing to check is an error, never a pass (P05).
 */

import { UsageError } from '../errors.ts';
import type { ObjectRequest } from '../io/git-objects.ts';
import {
  commitsOf,
  isAncestor,
  measureRange,
  parentsOfCommits,
  type Range,
  shallowHint,
  type WalkedCommit,
  walkRange,
} from '../io/git-ranges.ts';
import {
  type GitRepository,
  isFullHash,
  refuseAmbiguous,
  resolveNames,
} from '../io/git-repository.ts';
import type { Subject } from '../report/writer.ts';

export interface Plan {
  readonly requests: AsyncIterable<readonly ObjectRequest[]>;
  /** Known beforehand except for names that come on stdin. */
  readonly total?: number;
  /** What was asked for: each revision, and the tips of each range. Empty for names that come on stdin. */
  readonly subjects: readonly Subject[];
  /** Full hash of the start where some range goes farther back: that part is not judged. */
  readonly startsAt?: string;
}

const LINES_AT_ONCE = 1024;
const NO_SUCH = { code: 'NO_SUCH_OBJECT' } as const;

/** Full hashes of the commits that names lead to; a full hash is taken as it stands. */
async function resolveCommits(
  repository: GitRepository,
  names: readonly string[],
): Promise<readonly ObjectRequest[]> {
  const wanted = names.filter((name) => !isFullHash(name, repository.format));
  const found = await resolveNames(
    repository,
    wanted.map((name) => `${name}^{commit}`),
  );
  const byName = new Map(wanted.map((name, index) => [name, found[index]]));
  return names.map((name) => {
    if (!byName.has(name)) return { id: name, single: true };
    const object = byName.get(name);
    if (object === undefined) throw new UsageError(`${name}: no such commit`, NO_SUCH);
    return { id: object.id, ref: name, single: true };
  });
}

interface NamedRange extends Range {
  readonly name: string;
}

/** `A..B` and `A...B`; a missing side is HEAD. Undefined for anything else. Ref names hold no `..`. */
function splitRange(text: string): { from: string; to: string; symmetric: boolean } | undefined {
  const match = /^(.*?)(\.\.\.?)(.*)$/s.exec(text);
  if (match === null) return undefined;
  const [, from = '', dots, to = ''] = match;
  return { from: from || 'HEAD', to: to || 'HEAD', symmetric: dots === '...' };
}

/** The ends of a range must be commits: a full hash is not taken on trust here, rev-list would say it less well. */
async function resolveRange(
  repository: GitRepository,
  text: string,
): Promise<NamedRange | undefined> {
  const parts = splitRange(text);
  if (parts === undefined) return undefined;
  const { from, to, symmetric } = parts;
  const ends = [from, to];
  await refuseAmbiguous(repository, ends);
  const found = await resolveNames(
    repository,
    ends.map((name) => `${name}^{commit}`),
  );
  const ids = ends.map((name, index) => {
    const id = found[index]?.id;
    if (id !== undefined) return id;
    throw new UsageError(`${text}: no such commit: ${name}`, {
      ...NO_SUCH,
      ...shallowHint(repository),
    });
  });
  const [base = '', tip = ''] = ids;
  return symmetric
    ? { name: text, include: [base, tip], exclude: [], symmetric }
    : { name: text, include: [tip], exclude: [base], symmetric };
}

function subjectsOf(part: ObjectRequest | NamedRange): readonly Subject[] {
  if ('id' in part) return [{ id: part.id, type: 'commit', name: part.ref ?? part.id }];
  const { include, exclude, name, symmetric } = part;
  const base = symmetric ? {} : { base: exclude };
  return include.map((id) => ({ id, type: 'commit', name, ...base }));
}

/** How requests are made of commits. */
export interface PlanSettings {
  /** Full hash: it and its ancestors are left out of ranges. */
  readonly since?: string | undefined;
  /** Of watched ranges; without watch, newest first. */
  readonly order: 'newest-first' | 'parents-first';
  /** Requests for commits whose parents are known; absent where nobody asks for parents. */
  readonly watch?: ((commits: AsyncIterable<readonly WalkedCommit[]>) => Requests) | undefined;
}

type Requests = AsyncIterable<readonly ObjectRequest[]>;

/** Ranges start behind `since`, which every tip must descend from (threat P16). */
export async function startAt(
  repository: GitRepository,
  range: NamedRange,
  since: string | undefined,
): Promise<NamedRange> {
  if (since === undefined) return range;
  for (const tip of range.include) {
    if (await isAncestor(repository, since, tip)) continue;
    throw new UsageError(`${range.name}: does not descend from ${since.slice(0, 12)} (since)`, {
      code: 'NOT_AN_ANCESTOR',
      hint: 'rebase it, or see whose policy says since',
    });
  }
  return { ...range, exclude: [...range.exclude, since] };
}

/** Single commits, watched: each keeps the name that it was asked for by. */
async function* watchSingles(
  repository: GitRepository,
  singles: readonly ObjectRequest[],
  watch: NonNullable<PlanSettings['watch']>,
): AsyncGenerator<readonly ObjectRequest[]> {
  const parents = await parentsOfCommits(
    repository,
    singles.map(({ id }) => id),
  );
  const watched = new Map<string, ObjectRequest>();
  async function* commits(): AsyncGenerator<readonly WalkedCommit[]> {
    yield [...parents].map(([id, above]) => ({ id, parents: above, boundary: false }));
  }
  for await (const group of watch(commits())) for (const each of group) watched.set(each.id, each);
  yield singles.map((single) => ({ ...watched.get(single.id), ...single }));
}

/** Requests for the commits of a range. */
export async function* rangeRequests(
  repository: GitRepository,
  range: Range,
  { order, watch }: Pick<PlanSettings, 'order' | 'watch'>,
): AsyncGenerator<readonly ObjectRequest[]> {
  if (watch !== undefined) yield* watch(walkRange(repository, range, order));
  else for await (const ids of commitsOf(repository, range)) yield ids.map((id) => ({ id }));
}

/** True when a range, as it was asked for, holds commits from before the start. */
async function goesBehind(
  repository: GitRepository,
  { exclude }: NamedRange,
  since: string | undefined,
): Promise<boolean> {
  if (since === undefined) return false;
  for (const base of exclude) if (await isAncestor(repository, since, base)) return false;
  return true;
}

/** Requests for revisions and ranges given as arguments; none at all means HEAD. */
export async function planRevisions(
  repository: GitRepository,
  revisions: readonly string[],
  { since, order, watch }: PlanSettings = { order: 'newest-first' },
): Promise<Plan & { readonly ranges: readonly Range[] }> {
  const parts: (ObjectRequest | NamedRange)[] = [];
  let total = 0;
  let behind = false;
  for (const text of revisions.length === 0 ? ['HEAD'] : revisions) {
    const range = await resolveRange(repository, text);
    if (range === undefined) {
      parts.push(...(await resolveCommits(repository, [text])));
      total += 1;
    } else {
      const started = await startAt(repository, range, since);
      parts.push(started);
      behind ||= await goesBehind(repository, range, since);
      total += await measureRange(repository, started, range.name);
    }
  }
  async function* requests(): AsyncGenerator<readonly ObjectRequest[]> {
    for (const part of parts) {
      if (!('id' in part)) yield* rangeRequests(repository, part, { order, watch });
      else yield* watch === undefined ? [[part]] : watchSingles(repository, [part], watch);
    }
  }
  const ranges = parts.filter((part) => 'include' in part);
  const subjects = parts.flatMap(subjectsOf);
  const startsAt = behind && since !== undefined ? { startsAt: since } : {};
  return { requests: requests(), total, subjects, ranges, ...startsAt };
}

/** Requests for names that come one a line; blank lines are passed over. */
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
        throw new UsageError(`${name}: ranges are given as arguments, not on stdin`);
      }
      empty = false;
      group.push(name);
      if (group.length < LINES_AT_ONCE) continue;
      yield* watched(await resolveCommits(repository, group));
      group = [];
    }
    if (empty) throw new UsageError('no revisions on stdin', { code: 'EMPTY_RANGE' });
    if (group.length > 0) yield* watched(await resolveCommits(repository, group));
  }
  return { requests: requests(), subjects: [] };
}
