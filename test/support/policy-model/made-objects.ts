/** Writes the bytes of made commits and tags, and gives the objects of a world their real hashes. */

import { utf8 } from '../../../src/core/bytes.ts';
import type { Act, Case, Commit, PersonLine } from './cases.ts';
import { filesOf, treeId } from './git-facts.ts';
import { hashOf } from './memory-git.ts';

export const TREE = '1'.repeat(40);
export const MERGED = '2'.repeat(40);
export const OUTSIDE = 'f'.repeat(40);

function personText(line: PersonLine): string {
  return line === 'odd'
    ? 'A <a@a.test> <b@b.test> 1 +0000'
    : `A <${line.email}> ${line.time} +0000`;
}

/** Returns the bytes that are signed. */
export function payloadOf(
  act: Act,
  parents: readonly string[],
  tree: string,
  target = TREE,
): Uint8Array {
  const head =
    act.type === 'commit'
      ? [
          `tree ${tree}`,
          ...parents.map((id) => `parent ${id}`),
          `author ${personText(act.author)}`,
          `committer ${personText(act.committer)}`,
        ]
      : [
          `object ${target}`,
          'type commit',
          `tag ${act.tagName ?? ''}`,
          `tagger ${personText(act.committer)}`,
        ];
  const trailers = act.signOffs.map((email) => `Signed-off-by: A <${email}>\n`).join('');
  const { message = 'subject' } = act as Partial<Commit>;
  return utf8(`${head.join('\n')}\n\n${message}\n\n${trailers}`);
}

/** Returns the bytes of a commit of a world, whose parents have these hashes. */
export function bytesOf(commit: Commit, ids: readonly string[]): Uint8Array {
  const parents = commit.parents.map((at) => ids[at] ?? OUTSIDE);
  return payloadOf(commit, parents, treeId(filesOf(commit)));
}

/** Returns the case with the real hashes of its objects, also where policies and statements name them. */
export function realized(judged: Case): Case {
  const { commits, tag } = judged;
  const ids: string[] = [];
  for (const commit of commits) ids.push(hashOf('commit', bytesOf(commit, ids)));
  const tip = ids[judged.world?.tip ?? -1] ?? '';
  const renamed = new Map(commits.map(({ id }, at) => [id, ids[at] ?? '']));
  if (tag !== undefined) renamed.set(tag.id, hashOf('tag', payloadOf(tag, [], '', tip)));
  return JSON.parse(JSON.stringify(judged), (_, value: unknown) =>
    typeof value === 'string' ? (renamed.get(value) ?? value) : value,
  ) as Case;
}
