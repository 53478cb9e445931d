/** Reads tree and parents of commits from their own bytes, out of a store that hashes them. */

import { commitHeader, type ObjectFormat } from '../core/git/header.ts';
import { commitLinks, tagTarget } from '../core/git/links.ts';
import { readPerson } from '../core/git/person.ts';
import { loadCrypto } from '../system/crypto-port.ts';
import { corrupt, expected, hashed } from './hashed-object.ts';
import type { CommitLinks, DatedLinks } from './linked-commit.ts';
import type { ObjectFrame } from './object-frames.ts';
import { type ObjectRequest, readObjects } from './objects.ts';
import type { GitRepository } from './repository.ts';

type Holder = Pick<GitRepository, 'objects' | 'format'>;

function linksOf(frame: ObjectFrame, format: ObjectFormat): CommitLinks {
  // a commit that is too large to be read is undecided, whatever its parents are
  if (frame.kind === 'too-large') return { id: frame.id, tree: undefined, parents: [] };
  const { id, raw } = expected(frame, 'commit');
  const links = commitLinks(raw, format);
  if (links === undefined) throw corrupt(id, 'git finds neither tree nor parents in it');
  return { id, ...links };
}

/** Reads the links of a few commits, in order. @throws UsageError OBJECT_CORRUPT, NO_SUCH_OBJECT */
export async function readLinks(
  { objects, format }: Holder,
  ids: readonly string[],
): Promise<readonly CommitLinks[]> {
  return objects.each(ids, (frame) => linksOf(frame, format));
}

/** Reads the links of many commits, which come in groups. One child process reads ahead, which takes a third of the time. */
export function streamLinks(
  repository: GitRepository,
  groups: Groups,
): AsyncGenerator<readonly CommitLinks[]> {
  return stream(repository, groups, linksOf);
}

/** Reads the links of many commits with their dates. */
export function streamDatedLinks(
  repository: GitRepository,
  groups: Groups,
): AsyncGenerator<readonly DatedLinks[]> {
  return stream(repository, groups, datedLinksOf);
}

type Groups = AsyncIterable<readonly string[]> | Iterable<readonly string[]>;

async function* stream<T>(
  repository: GitRepository,
  groups: Groups,
  read: (frame: ObjectFrame, format: ObjectFormat) => T,
): AsyncGenerator<readonly T[]> {
  const { format } = repository;
  const crypto = await loadCrypto();
  async function* requests(): AsyncGenerator<readonly ObjectRequest[]> {
    for await (const ids of groups) yield ids.map((id) => ({ id }));
  }
  for await (const objects of readObjects(repository, requests())) {
    yield objects.map(({ frame }) => read(hashed(frame, crypto, format), format));
  }
}

function datedLinksOf(frame: ObjectFrame, format: ObjectFormat): DatedLinks {
  const links = linksOf(frame, format);
  const header = frame.kind === 'object' ? commitHeader(frame.raw) : undefined;
  const date = readPerson(header?.committer, undefined)?.time ?? Number.NaN;
  return { ...links, date };
}

/** Most tags in a chain of tags. */
const MAX_DEPTH = 16;

/** Returns the commit that a tag leads to, through tags of tags, or undefined if it leads to something else. */
export async function commitOfTag(
  { objects, format }: Holder,
  tag: string,
): Promise<string | undefined> {
  let id = tag;
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const { raw } = await objects.get(id, 'tag');
    const { target, targetType } = tagTarget(raw, format) ?? {};
    if (target === undefined || targetType === 'commit') return target;
    if (targetType !== 'tag') return undefined;
    id = target;
  }
  return undefined;
}
