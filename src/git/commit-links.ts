/** Reads tree and parents of commits from their own bytes, out of a store that hashes them. */

import type { ObjectFormat } from '../core/git/header.ts';
import { commitLinks, tagTarget } from '../core/git/links.ts';
import { loadCrypto } from '../system/crypto-port.ts';
import { corrupt, expected, hashed } from './hashed-object.ts';
import type { ObjectFrame } from './object-frames.ts';
import { type ObjectRequest, readObjects } from './objects.ts';
import type { GitRepository } from './repository.ts';

/** A commit with its tree and parents, by full hash. */
export interface CommitLinks {
  readonly id: string;
  /** Undefined if the commit is too large to be read. */
  readonly tree: string | undefined;
  readonly parents: readonly string[];
}

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
export async function* streamLinks(
  repository: GitRepository,
  groups: AsyncIterable<readonly string[]> | Iterable<readonly string[]>,
): AsyncGenerator<readonly CommitLinks[]> {
  const { format } = repository;
  const crypto = await loadCrypto();
  async function* requests(): AsyncGenerator<readonly ObjectRequest[]> {
    for await (const ids of groups) yield ids.map((id) => ({ id }));
  }
  for await (const objects of readObjects(repository, requests())) {
    yield objects.map(({ frame }) => linksOf(hashed(frame, crypto, format), format));
  }
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
