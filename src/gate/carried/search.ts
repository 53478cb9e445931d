/**
 * Chooses the heads that a commit may hold the work of, the likeliest first: the number in its subject, the same tree, the
 * same files. Strangers may open pull requests, so the search is bounded (threat I05).
 */

import { askObjects, changedFiles, type Head, listHeads, MISSING } from '../../git/heads.ts';
import type { GitRepository } from '../../git/repository.ts';
import type { ForgeLanding } from './commits.ts';

/** Most heads that are tried for one commit. */
const MAX_TRIED = 32;
/** Most numbers of a message that are followed. */
const MAX_NUMBERS = 4;
/** Most files that are compared. */
const MAX_FILES = 8;
/** Most characters of a message that are read for numbers. */
const MAX_MESSAGE = 4096;
const DAY = 24 * 3600;

/** Returns the number of a pull request or merge request in a ref's name. */
export function numberOf(ref: string): string | undefined {
  return /\/(\d{1,12})(?:\/(?:head|from))?$/.exec(ref)?.[1];
}

/** Returns the number that GitHub and Gitea put at the end of a subject: `(#7)`. */
export function subjectNumber(message: string): string | undefined {
  const [subject = ''] = message.split('\n', 1);
  return /\(#(\d{1,12})\)$/.exec(subject)?.[1];
}

/** Returns the numbers that a message names, the likeliest first. */
export function numbersIn(message: string): readonly string[] {
  const text = message.slice(0, MAX_MESSAGE);
  const first = subjectNumber(text);
  const request = /See merge request [^\n]*!(\d{1,12})\b/.exec(text)?.[1];
  const others = [...text.matchAll(/[#!](\d{1,12})\b/g)].map(([, number]) => number);
  const all = [first, request, ...others].filter((number) => number !== undefined);
  return [...new Set(all)].slice(0, MAX_NUMBERS);
}

/** The heads of a run, listed once. */
export interface HeadList {
  readonly heads: readonly Head[];
  readonly byNumber: ReadonlyMap<string, readonly Head[]>;
  /** False if there are more heads than were listed. */
  readonly whole: boolean;
}

/** Lists the heads below these patterns. Of several refs that hold one commit, the first by name stands for it. */
export async function headsOf(
  repository: GitRepository,
  patterns: readonly string[],
): Promise<HeadList> {
  const { heads: all, whole } = await listHeads(repository, patterns);
  const heads = new Map<string, Head>();
  const byNumber = new Map<string, Head[]>();
  for (const head of all) {
    if (!heads.has(head.id)) heads.set(head.id, head);
    const number = numberOf(head.ref);
    if (number === undefined) continue;
    const same = byNumber.get(number) ?? [];
    byNumber.set(number, same);
    if (!same.some(({ id }) => id === head.id)) same.push(head);
  }
  return { heads: [...heads.values()], byNumber, whole };
}

/** The heads to try, and whether there are more than may be tried. */
export interface Chosen {
  readonly heads: readonly Head[];
  readonly more: boolean;
}

/** A landing to find a head for. */
export interface Sought {
  readonly landing: ForgeLanding;
  /** Unix seconds. The committer claims it. */
  readonly time: number | undefined;
  /** Commits above it on its line, which may belong to the same rebased run. */
  readonly above: readonly string[];
}

/** Returns for each head how many of the first changed files it has as the landing, or a commit above it, has them. */
async function sameFiles(
  repository: GitRepository,
  { landing, above }: Sought,
  heads: readonly Head[],
): Promise<readonly number[]> {
  const [base = ''] = landing.parents;
  const changed = await changedFiles(repository, base, landing.id, MAX_FILES);
  // many old heads lack a file, so a removed one says little
  const kept = changed.filter(({ after }) => after !== MISSING);
  const counts = heads.map(() => 0);
  for (const { path, before } of kept.length === 0 ? changed : kept) {
    const at = (id: string): string => `${id}:${path}`;
    const wanted = new Set(await askObjects(repository, [landing.id, ...above].map(at)));
    wanted.delete(before);
    const answers = await askObjects(
      repository,
      heads.map(({ id }) => at(id)),
    );
    for (const [index, answer] of answers.entries()) {
      if (wanted.has(answer)) counts[index] = (counts[index] ?? 0) + 1;
    }
  }
  return counts;
}

/** Returns the heads whose trees or files suggest that the landing holds their work. A later head is not among them. */
export async function likelyHeads(
  repository: GitRepository,
  sought: Sought,
  { heads: all, whole }: HeadList,
): Promise<Chosen> {
  const { landing, time, above } = sought;
  const heads = time === undefined ? all : all.filter((head) => head.time <= time + DAY);
  const treeOf = (id: string): string => `${id}^{tree}`;
  const trees = new Set(await askObjects(repository, [landing.id, ...above].map(treeOf)));
  const asked = await askObjects(
    repository,
    heads.map(({ id }) => treeOf(id)),
  );
  const equal = heads.filter((_, index) => trees.has(asked[index] ?? ''));
  const counts = await sameFiles(repository, sought, heads);
  const like = heads
    .map((head, index) => ({ head, count: counts[index] ?? 0 }))
    .filter(({ count }) => count > 0)
    .toSorted((one, other) => other.count - one.count || other.head.time - one.head.time);
  const chosen = [...new Set([...equal, ...like.map(({ head }) => head)])];
  return { heads: chosen.slice(0, MAX_TRIED), more: chosen.length > MAX_TRIED || !whole };
}

/** Returns the heads whose refs have a number that the message names. */
export function namedHeads(message: string, { byNumber }: HeadList): readonly Head[] {
  return numbersIn(message)
    .flatMap((number) => byNumber.get(number) ?? [])
    .slice(0, MAX_TRIED);
}
