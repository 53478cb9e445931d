import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planRevisions } from '../../src/gate/revisions.ts';
import { type GitRepository, openRepository } from '../../src/git/repository.ts';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';

function committer(scratch: ScratchRepository): (...parents: readonly string[]) => string {
  const tree = scratch.must('write-tree');
  let number = 0;
  return (...parents) => {
    number += 1;
    const above = parents.flatMap((id) => ['-p', id]);
    return scratch.must('commit-tree', '-m', `commit ${number}`, ...above, tree);
  };
}

/** A line of commits with a side that a merge brings in, and a git that writes down what it is asked. */
async function history(name: string) {
  const scratch = scratchRepository(name);
  const make = committer(scratch);
  const root = make();
  const start = make(root);
  const later = make(start);
  const side = make(root);
  const merge = make(later, side);
  const tip = make(merge);
  const beside = make(root);
  const opened = await openRepository(scratch.path, scratch.env);
  const log = join(scratch.home, 'asked');
  const git = join(scratch.home, 'writing-git');
  writeFileSync(git, `#!/bin/sh\necho "$*" >>'${log}'\nexec '${opened.git}' "$@"\n`, {
    mode: 0o755,
  });
  const repository: GitRepository = { ...opened, git };
  /** Plans a range and returns the number of its commits, and what git was asked about paths. */
  const planned = async (range: string, since: string) => {
    writeFileSync(log, '');
    const { total, startsAt } = await planRevisions(repository, [range], {
      since,
      order: 'newest-first',
    });
    const asked = readFileSync(log, 'utf8').match(/merge-base|rev-list \S+/g);
    return { total, startsAt, asked };
  };
  const commits = { root, start, later, side, merge, tip, beside };
  return { ...commits, planned, close: () => opened.objects.close() };
}

const [WALK, LINE, ALL] = [
  'rev-list --date-order',
  'rev-list --first-parent',
  'rev-list --parents',
];
const ASK = 'merge-base';

describe('that a range descends from its start (P16)', () => {
  it('is proved by the walk of the range if it ends at the start', async () => {
    const { root, start, later, tip, planned, close } = await history('walk-proves');
    // the last question is whether the base lies behind the start, for the report
    expect(await planned(`${root}..${tip}`, start)).toEqual({
      ...{ total: 4, startsAt: start, asked: [WALK, ASK] },
    });
    expect(await planned(`${start}..${later}`, start)).toEqual({ total: 1, asked: [WALK, ASK] });
    close();
  });

  it('is proved along first parents if the range ends before, and along any parents at last', async () => {
    const { start, later, side, merge, tip, planned, close } = await history('line-proves');
    const near = await planned(`${merge}..${tip}`, start);
    expect(near).toEqual({ total: 1, asked: [WALK, LINE] });
    expect(await planned(`${merge}..${tip}`, later)).toEqual(near);
    expect(await planned(`${merge}..${tip}`, side)).toEqual({
      ...{ total: 1, asked: [WALK, LINE, ASK, ALL] },
    });
    close();
  });

  it('is refused for a start beside the range, behind its end, or in no history', async () => {
    const { root, start, merge, tip, beside, planned, close } = await history('no-descent');
    const wrong = [
      [`${root}..${tip}`, beside],
      [`${merge}..${tip}`, beside],
      [`${root}..${start}`, tip],
      [`${tip}..${beside}`, start],
    ] as const;
    for (const [range, since] of wrong)
      await expect(planned(range, since)).rejects.toMatchObject({ code: 'NOT_AN_ANCESTOR' });
    await expect(planned(`${root}..${start}`, start)).rejects.toMatchObject({
      code: 'EMPTY_RANGE',
    });
    await expect(planned(`${root}..${tip}`, 'a'.repeat(40))).rejects.toMatchObject({
      code: 'GIT_FAILED',
    });
    close();
  });
});
