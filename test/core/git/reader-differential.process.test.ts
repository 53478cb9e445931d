/**
 * Our reader of objects against git itself: what it reads is what git reads, and whatever `git fsck` finds wrong with
 * the order, the count or the names of headers is refused.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ObjectHeader, readHeader } from '../../../src/core/git/header.ts';
import { readPerson } from '../../../src/core/git/person.ts';
import { Refusal } from '../../../src/core/verdict.ts';
import { type ScratchRepository, scratchRepository } from '../../support/git-repository.ts';
import { historyObjects, malformedObjects } from '../../support/history-objects.ts';
import { movedHeaders, octopus, spreadArmor } from '../../support/moved-headers.ts';
import { armor, bytes, EMPTY_TREE, type OddObject, oddObjects } from '../../support/odd-objects.ts';

const PARENTS = Array.from({ length: 9 }, (_, index) => `${index + 1}`.repeat(40));
const MERGE = octopus(EMPTY_TREE.sha1, PARENTS);
const moved = movedHeaders(MERGE, armor());

const objects: readonly OddObject[] = [
  ...oddObjects('sha1'),
  ...historyObjects,
  ...malformedObjects,
  ...moved.map(({ name, raw }) => ({ type: 'commit', name, raw: bytes(raw) }) as const),
  { type: 'commit', name: 'spread', raw: bytes(spreadArmor(MERGE, armor('A\nB\nC\nD\nE\nF'))) },
  ...(['commit', 'tag'] as const).map((type) => ({
    ...{ type, name: 'the other type' },
    raw: (type === 'tag' ? historyObjects[0]! : historyObjects.at(-1)!).raw,
  })),
];

/** What `git fsck` calls wrong and what is no matter of a person (fsck-msgids). */
const STRUCTURE =
  /^(?:missingTree|badTreeSha1|badParentSha1|missingAuthor|multipleAuthors|missingCommitter|nulInHeader|unterminatedHeader|missingObject|badObjectSha1|missingTypeEntry|missingType|badType|missingTagEntry|missingTag)$/;

function read({ type, raw }: OddObject): ObjectHeader | undefined {
  try {
    return readHeader(type, raw, { form: 'stored', format: 'sha1' });
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

describe('what git reads', () => {
  let git: ScratchRepository;
  const ids = new Map<OddObject, string>();
  const faults = new Map<string, Set<string>>();

  beforeAll(() => {
    git = scratchRepository('reader');
    git.gitWith({ input: new Uint8Array() }, 'hash-object', '-t', 'tree', '-w', '--stdin');
    for (const one of objects) ids.set(one, git.write(one.type, one.raw));
    const { out, err } = git.git('fsck', '--no-dangling', '--no-progress');
    for (const [, id = '', fault = ''] of `${out}\n${err}`.matchAll(
      /^error in (?:commit|tag) (\w+): (\w+)/gm,
    )) {
      faults.set(id, (faults.get(id) ?? new Set()).add(fault));
    }
  });
  afterAll(() => expect(faults.size).toBeGreaterThan(20));

  it.each(objects.map((one) => [`${one.type}, ${one.name}`, one] as const))(
    'git reads the object as this program does, or this program refuses it: %s (G19)',
    (_name, one) => {
      const id = ids.get(one) ?? '';
      const header = read(one);
      const wrong = [...(faults.get(id) ?? [])].filter((fault) => STRUCTURE.test(fault));
      if (header === undefined) return;
      expect(wrong).toEqual([]);
      if (header.type === 'commit') expect(seenInCommit(git, id)).toMatchObject(commitSays(header));
      else expect(seenInTag(git, id)).toEqual(tagSays(header));
    },
  );

  it('an object whose signature stands before the committer is another commit for git (G18)', () => {
    const signed = { tree: EMPTY_TREE.sha1, parents: PARENTS.join(' ') };
    const seen = moved.map(({ legal, raw, place }) => {
      const id = git.write('commit', bytes(raw));
      const commit = seenInCommit(git, id);
      const same = commit?.tree === signed.tree && commit.parents === signed.parents;
      // between the people git's log reads what was signed, and git fsck refuses it
      return { legal, other: !same || (place > 9 && !legal && faults.has(id)) };
    });
    expect(seen.every(({ legal, other }) => legal !== other)).toBe(true);
  });
});

interface Seen {
  readonly tree: string;
  readonly parents: string;
  readonly committer?: string;
}

/** What `git log` says; undefined where git cannot read the commit. */
function seenInCommit(git: ScratchRepository, id: string): Seen | undefined {
  const format = '--format=%T%x01%P%x01%cn%x01%ce%x01%ct';
  const { exit, bytes: out } = git.git('log', '--no-walk', '--encoding=none', format, id, '--');
  if (exit !== 0) return undefined;
  const [tree = '', parents = '', ...person] = Buffer.from(out)
    .toString('utf8')
    .replace(/\n$/, '')
    .split('\x01');
  return { tree, parents, committer: person.join('\x01') };
}

/** The same as we read it; a committer only where one is credited. */
function commitSays(header: Extract<ObjectHeader, { type: 'commit' }>): Seen {
  const { tree, parents, committer, encoding } = header;
  const person = readPerson(committer, encoding);
  return {
    ...{ tree, parents: parents.join(' ') },
    ...(person && { committer: [person.name, person.email, person.time].join('\x01') }),
  };
}

function seenInTag(git: ScratchRepository, id: string): string {
  git.must('update-ref', 'refs/tags/asked', id);
  const format = '--format=%(object)%00%(type)%00%(tag)';
  return git.git('for-each-ref', format, 'refs/tags/asked').bytes.toString('latin1').trimEnd();
}

const tagSays = ({ target, targetType, name }: Extract<ObjectHeader, { type: 'tag' }>): string =>
  [target, targetType, Buffer.from(name).toString('latin1')].join('\0');
