/** Reads commits for the comparison of what was approved with what lands, and lists what an approval covers. */

import { equal } from '../../core/bytes.ts';
import { commitHeader } from '../../core/git/header.ts';
import { readPerson } from '../../core/git/person.ts';
import { messageOf } from '../../core/git/signed-object.ts';
import type { Approval } from '../../core/policy/approvals.ts';
import { proveRange } from '../../git/range-commits.ts';
import type { GitRepository } from '../../git/repository.ts';

/** A commit as its own bytes state it. */
export interface ReadCommit {
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Uint8Array;
  readonly encoding: string | undefined;
  readonly message: Uint8Array;
  /** The addresses of author and committer, as far as they can be read. */
  readonly addresses: readonly string[];
}

const NEWLINE = 0x0a;

/** git drops line ends behind the message when it commits again. */
function withoutLastLineEnds(message: Uint8Array): Uint8Array {
  let end = message.length;
  while (end > 0 && message[end - 1] === NEWLINE) end -= 1;
  return message.subarray(0, end);
}

/** Reads a commit. Returns undefined for bytes that git reads in another way. */
export function commitOf(id: string, bytes: Uint8Array): ReadCommit | undefined {
  // git's next answer overwrites the bytes
  const raw = bytes.slice();
  const header = commitHeader(raw);
  if (header === undefined) return undefined;
  const { tree, parents, author, committer, encoding } = header;
  const people = [author, committer].map((line) => readPerson(line, encoding)?.email);
  const addresses = people.filter((email) => email !== undefined);
  const message = withoutLastLineEnds(messageOf(raw));
  return { id, tree, parents, author, encoding, message, addresses };
}

/** Reads commits, in order. The result is undefined for one that is missing or no commit. @throws UsageError OBJECT_CORRUPT */
export async function readCommits(
  { objects }: GitRepository,
  ids: readonly string[],
): Promise<readonly (ReadCommit | undefined)[]> {
  return objects.each(ids, (frame) =>
    frame.kind === 'object' && frame.type === 'commit' ? commitOf(frame.id, frame.raw) : undefined,
  );
}

/** Returns true if both have the same author line, encoding and message, byte for byte. */
export function saysTheSame(one: ReadCommit, other: ReadCommit): boolean {
  return (
    one.encoding === other.encoding &&
    equal(one.author, other.author) &&
    equal(one.message, other.message)
  );
}

/** Most commits that one approval covers. */
const MAX_APPROVED = 10_000;
/** Up to this many commits are read one by one. */
const FEW = 100;

/** The commits that an approval's head reaches and its base does not. */
export interface ApprovedCommits {
  readonly ids: ReadonlySet<string>;
  /** The same commits from the base on, if they are a line without merges. */
  readonly line?: readonly string[];
}

/** Walks from the head to the base as long as there are no merges. Returns undefined if that leads nowhere. */
async function walkedLine(
  repository: GitRepository,
  head: string,
  base: string | undefined,
): Promise<readonly string[] | undefined> {
  const line: string[] = [];
  for (let id = head; line.length < FEW; ) {
    const [commit] = await readCommits(repository, [id]);
    if (commit === undefined || repository.shallow.has(id)) return undefined;
    line.unshift(id);
    const [parent, other] = commit.parents;
    if (other !== undefined) return undefined;
    if (parent === base) return line;
    if (parent === undefined) return undefined;
    id = parent;
  }
  return undefined;
}

async function provedCommits(
  repository: GitRepository,
  head: string,
  base: string | undefined,
): Promise<ApprovedCommits | undefined> {
  const ends = base === undefined ? [head] : [head, base];
  if ((await readCommits(repository, ends)).includes(undefined)) return undefined;
  const line = await walkedLine(repository, head, base);
  if (line !== undefined) return { ids: new Set(line), line };
  const range = { include: [head], exclude: base === undefined ? [] : [base], symmetric: false };
  const proved = await proveRange(repository, range, `an approval of ${head.slice(0, 12)}`);
  if (proved.count > MAX_APPROVED) return undefined;
  const commits = [...proved.walk('parents-first')].flat().filter(({ boundary }) => !boundary);
  const linear = proved.line.size === commits.length && commits[0]?.parents[0] === base;
  const ids = commits.map(({ id }) => id);
  return { ids: new Set(ids), ...(linear ? { line: ids } : {}) };
}

/** Returns what approvals cover. The result is undefined if head or base is missing, or if there are too many commits. */
export function openApprovedCommits(
  repository: GitRepository,
): (approval: Pick<Approval, 'commit' | 'base'>) => Promise<ApprovedCommits | undefined> {
  const kept = new Map<string, Promise<ApprovedCommits | undefined>>();
  return ({ commit, base }) => {
    const key = `${commit} ${base}`;
    const known = kept.get(key) ?? provedCommits(repository, commit, base);
    kept.set(key, known);
    return known;
  };
}
