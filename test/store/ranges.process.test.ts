import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommitBlock } from '../../src/git/compact-commits.ts';
import type { RangeMemory } from '../../src/git/known-ranges.ts';
import { type ProvedRange, proveRange, type Range } from '../../src/git/range-commits.ts';
import { type GitRepository, openRepository } from '../../src/git/repository.ts';
import { rangeMemory } from '../../src/store/ranges.ts';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { DEEP } from '../support/sample.ts';
import { mustOpen, NOW, type OpenedProofs, scratchUser } from '../support/store/proofs.ts';

let scratch: ScratchRepository;
let repository: GitRepository;
beforeAll(async () => {
  scratch = scratchRepository('known-ranges');
  repository = await openRepository(scratch.path, scratch.env);
});
afterAll(() => repository.objects.close());

/** Numbers that depend on the seed alone. */
function dice(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

/** Writes a history of branches and merges, the oldest commit first. `step`: seconds between commits at most, so 1 makes ties. */
function history(seed: number, count: number, step: number): readonly string[] {
  const roll = dice(seed);
  let time = 1_700_000_000;
  const lines = Array.from({ length: count }, (_, index) => {
    time += roll(step + 1) - (roll(20) === 0 ? 3 * step : 0);
    const near = index === 0 ? [] : [1 + roll(Math.min(index, 4))];
    const more = index > 2 && roll(3) === 0 ? [1 + roll(Math.min(index, 15))] : [];
    const [first, second] = [...new Set([...near, ...more])].map((back) => `:${index - back + 1}`);
    return [
      `commit refs/heads/h${seed}-${index}`,
      `mark :${index + 1}`,
      `committer A <a@example.test> ${time} +0000`,
      `data 1\n${index % 10}`,
      ...(first === undefined ? [] : [`from ${first}`]),
      ...(second === undefined ? [] : [`merge ${second}`]),
      '',
    ].join('\n');
  });
  const input = Buffer.from(lines.join('\n'));
  const { exit, err } = scratch.gitWith({ input }, 'fast-import', '--quiet');
  expect(exit, err).toBe(0);
  const names = Array.from({ length: count }, (_, index) => `h${seed}-${index}`);
  return scratch.must('rev-parse', ...names).split('\n');
}

interface Memory extends RangeMemory {
  /** Known ranges that were read to their end. */
  read: number;
}

/** Splits a block, so that a short history has as many as a long one. */
function* small(block: CommitBlock): Generator<CommitBlock> {
  const commits = Array.from({ length: block.length }, (_, index) => ({
    ...block.links(index),
    date: block.date(index),
  }));
  for (let at = 0; at < commits.length; at += 3)
    yield CommitBlock.of(commits.slice(at, at + 3), 20);
}

function memoryIn({ store }: OpenedProofs): Memory {
  const kept = rangeMemory(store, { facts: ['build a'], hashBytes: 20, now: NOW, worthKeeping: 2 });
  const memory: Memory = {
    read: 0,
    writer: kept.writer,
    find: (exclude) => {
      const found = kept.find(exclude);
      function* blocks(): Generator<CommitBlock> {
        if (found === undefined) return;
        for (const block of found.blocks()) yield* small(block);
        memory.read += 1;
      }
      return found && { ...found, blocks };
    },
  };
  return memory;
}

/** All that a range says of its commits. */
function said(range: ProvedRange): unknown {
  const oldest = [...range.walk('parents-first')].flat();
  return {
    count: range.count,
    ids: [...range.ids()].flat(),
    newest: [...range.walk('newest-first')].flat(),
    inside: oldest.filter(({ boundary }) => !boundary),
    outside: oldest
      .filter(({ boundary }) => boundary)
      .map(({ id }) => id)
      .sort(),
    line: [...range.line()],
    reached: oldest
      .filter(({ id }) => range.reaches(id))
      .map(({ id }) => id)
      .sort(),
  };
}

const rangeTo = (tip: string, base: string): Range => ({
  ...{ include: [tip], exclude: [base], symmetric: false },
});

/** With 35 and steps of a second, git lists a commit as new that the known tip reaches, because dates go back. */
const SEEDS = DEEP ? Array.from({ length: 60 }, (_, seed) => seed) : [0, 1, 35];

describe('a range of which a part was proved before', () => {
  it.each([60, 1, 0])(
    'is the one that git lists, in git’s order, with up to %i s between commits (H6)',
    async (step) => {
      let read = 0;
      for (const seed of SEEDS) {
        const commits = history(1000 * step + seed, 40, step);
        const roll = dice(seed + 7);
        const one = mustOpen(scratchUser());
        const memory = memoryIn(one);
        const remembering = { ...repository, ranges: memory };
        for (let round = 0; round < 5; round += 1) {
          const base = commits[roll(3)] ?? '';
          const tip = commits[10 + 5 * round + roll(5)] ?? '';
          const range = rangeTo(tip, base);
          const plain = await proveRange(repository, range, 'x');
          expect(said(await proveRange(remembering, range, 'x'))).toEqual(said(plain));
          expect(said(await proveRange(remembering, range, 'x'))).toEqual(said(plain));
        }
        read += memory.read;
        one.close();
      }
      expect(read).toBeGreaterThan(6);
    },
  );

  it('is listed by git if a page of it is missing, damaged or of another list (H1)', async () => {
    const commits = history(77, 40, 60);
    const range = rangeTo(commits[39] ?? '', commits[0] ?? '');
    const plain = said(await proveRange(repository, range, 'x'));
    for (const sql of [
      'DELETE FROM page WHERE part = 2',
      "UPDATE page SET bytes = CAST(substr(bytes, 1, 90) || x'00' || substr(bytes, 92) AS BLOB)",
      'UPDATE page SET mark = zeroblob(32)',
      'UPDATE place SET page = page + 1',
      'UPDATE page SET part = 5 - part',
      'UPDATE page SET bytes = 7',
    ]) {
      const one = mustOpen(scratchUser());
      const remembering = { ...repository, ranges: memoryIn(one) };
      await proveRange(remembering, range, 'x');
      one.store.file.run(sql);
      expect(said(await proveRange(remembering, range, 'x'))).toEqual(plain);
      one.close();
    }
  });

  it('does not count if the run that kept it ended early (H7)', async () => {
    const one = mustOpen(scratchUser());
    const memory = memoryIn(one);
    const commit = { id: 'a'.repeat(40), tree: 'b'.repeat(40), parents: ['c'.repeat(40)], date: 5 };
    const many = CommitBlock.of(
      Array.from({ length: 500 }, () => commit),
      20,
    );
    const writer = memory.writer(['c'.repeat(40)], 'a'.repeat(40));
    writer.push(many);
    expect(memory.find(['c'.repeat(40)])).toBeUndefined();
    writer.finish([]);
    expect(memory.find(['c'.repeat(40)])).toMatchObject({ tip: 'a'.repeat(40), count: 500 });
    memory.writer(['c'.repeat(40)], 'd'.repeat(40)).push(many);
    expect(memory.find(['c'.repeat(40)])).toMatchObject({ tip: 'a'.repeat(40), count: 500 });
    expect(memory.find(['d'.repeat(40)])).toBeUndefined();
    one.close();
  });

  it('is not used for another base, for two tips, or if its tip is not here', async () => {
    const commits = history(78, 40, 60);
    const one = mustOpen(scratchUser());
    const memory = memoryIn(one);
    const remembering = { ...repository, ranges: memory };
    const [base = '', middle = '', tip = ''] = [commits[0], commits[20], commits[39]];
    await proveRange(remembering, rangeTo(middle, base), 'x');
    await proveRange(remembering, rangeTo(tip, middle), 'x');
    await proveRange(
      remembering,
      { include: [tip, middle], exclude: [base], symmetric: true },
      'x',
    );
    const elsewhere = memory.writer([base], 'e'.repeat(40));
    const stranger = (id: string, date: number): CommitBlock =>
      CommitBlock.of([{ id: id.repeat(40), tree: 'b'.repeat(40), parents: [base], date }], 20);
    elsewhere.push(stranger('e', 5));
    elsewhere.push(stranger('f', 4));
    elsewhere.finish([base]);
    await proveRange(remembering, rangeTo(tip, base), 'x');
    expect(memory.read).toBe(0);
    one.close();
  });
});
