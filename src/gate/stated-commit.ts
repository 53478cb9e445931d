/** Reads commits for a comparison with others: of what was approved or signed with what a ref gets. */

import { equal } from '../core/bytes.ts';
import { commitHeader } from '../core/git/header.ts';
import { readPerson } from '../core/git/person.ts';
import { messageOf } from '../core/git/signed-object.ts';
import type { ObjectFrame } from '../git/object-frames.ts';
import type { GitRepository } from '../git/repository.ts';

/** A commit as its own bytes state it. */
export interface StatedCommit {
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Uint8Array;
  readonly encoding: string | undefined;
  /** Without the line ends at its end. */
  readonly message: Uint8Array;
  /** The addresses of author and committer, as far as they can be read. */
  readonly addresses: readonly string[];
  /** Unix seconds. The committer claims it. */
  readonly time: number | undefined;
}

const NEWLINE = 0x0a;

/** git drops line ends behind the message when it commits again. */
function withoutLastLineEnds(message: Uint8Array): Uint8Array {
  let end = message.length;
  while (end > 0 && message[end - 1] === NEWLINE) end -= 1;
  return message.subarray(0, end);
}

/** Reads git's answer. Returns undefined if it is no commit, too large, missing, or one that git reads in another way. */
export function statedCommitIn(frame: ObjectFrame): StatedCommit | undefined {
  if (frame.kind !== 'object' || frame.type !== 'commit') return undefined;
  const { id } = frame;
  // git's next answer overwrites the bytes
  const raw = frame.raw.slice();
  const header = commitHeader(raw);
  if (header === undefined) return undefined;
  const { tree, parents, author, encoding } = header;
  const committer = readPerson(header.committer, encoding);
  const people = [readPerson(author, encoding)?.email, committer?.email];
  const addresses = people.filter((email) => email !== undefined);
  const message = withoutLastLineEnds(messageOf(raw));
  return { id, tree, parents, author, encoding, message, addresses, time: committer?.time };
}

/** Reads commits, in order. The result is undefined for one that is missing, too large, malformed or no commit. @throws UsageError OBJECT_CORRUPT */
export async function statedCommits(
  { objects }: GitRepository,
  ids: readonly string[],
): Promise<readonly (StatedCommit | undefined)[]> {
  return objects.each(ids, statedCommitIn);
}

/** Reads one commit, as `statedCommits` does. @throws UsageError OBJECT_CORRUPT */
export async function statedCommit(
  repository: GitRepository,
  id: string,
): Promise<StatedCommit | undefined> {
  const [commit] = await statedCommits(repository, [id]);
  return commit;
}

/** Returns true if both have the same author line, encoding and message, byte for byte. */
export function saysTheSame(one: StatedCommit, other: StatedCommit): boolean {
  return (
    one.encoding === other.encoding &&
    equal(one.author, other.author) &&
    equal(one.message, other.message)
  );
}
