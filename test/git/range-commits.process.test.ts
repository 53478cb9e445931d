import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isSurelyAncestor, mergeBases } from '../../src/git/merge-bases.ts';
import { openMergeTrees } from '../../src/git/merge-tree.ts';
import { isAncestor, isOnLine } from '../../src/git/paths.ts';
import { proveRange, type Range } from '../../src/git/range-commits.ts';
import { type GitRepository, openRepository } from '../../src/git/repository.ts';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { DEEP } from '../support/sample.ts';

/** Commits whose parents are some of those before them, with clocks that go wrong now and then. */
const histories = fc
  .array(
    fc.record({
      parents: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 3 }),
      skew: fc.constantFrom(0, 0, 0, -5000, 5000),
    }),
    { minLength: 2, maxLength: 40 },
  )
  .chain((commits) =>
    fc.record({
      commits: fc.constant(commits),
      ends: fc.tuple(fc.nat(commits.length - 1), fc.nat(commits.length - 1)),
    }),
  );

/** Two lines from one root that merge each other crosswise at times: their ends have several best common ancestors then. */
const crossings = fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }).map((crosses): History => {
  const pairs = crosses.map((cross, index): readonly (readonly number[])[] => {
    if (index === 0) return [[1], [2]];
    return cross
      ? [
          [2, 1],
          [2, 3],
        ]
      : [[2], [2]];
  });
  const commits = [[], ...pairs.flat()].map((parents) => ({ parents, skew: 0 }));
  return { commits, ends: [commits.length - 2, commits.length - 1] };
});

interface History {
  readonly commits: readonly { readonly parents: readonly number[]; readonly skew: number }[];
  readonly ends: readonly [number, number];
}

/** Every commit writes one of a few files: lines that merge, lines that do not. */
function fileChange(index: number): readonly string[] {
  const lines = Array.from({ length: 12 }, (_, at) =>
    at === index % 12 ? `by ${index}` : 'as it was',
  );
  const text = `${lines.join('\n')}\n`;
  const path = index % 7 === 6 ? `dir/moved-${index % 4}` : `dir/file-${index % 4}`;
  return [`M 100644 inline ${path}`, `data ${text.length}\n${text}`];
}

describe('histories of every shape', () => {
  let scratch: ScratchRepository;
  let repository: GitRepository;
  beforeAll(async () => {
    scratch = scratchRepository('histories');
    repository = await openRepository(scratch.path, scratch.env);
  });
  afterAll(() => repository.objects.close());

  let made = 0;
  const write = ({ commits, ends }: History): readonly [string, string] => {
    made += 1;
    const lines = commits.map(({ parents, skew }, index) => {
      const above = parents.filter((back) => back <= index).map((back) => `:${index - back + 1}`);
      const person = `A <a@example.test> ${1_700_000_000 + index * 60 + skew} +0000`;
      const [first, ...others] = above;
      return [
        `commit refs/heads/made-${made}-${index}`,
        `mark :${index + 1}`,
        `committer ${person}`,
        'data 1\nx',
        ...(first === undefined ? [] : [`from ${first}`]),
        ...others.map((mark) => `merge ${mark}`),
        ...fileChange(index),
        '',
      ].join('\n');
    });
    const { exit, err } = scratch.gitWith(
      { input: Buffer.from(lines.join('\n')) },
      'fast-import',
      '--quiet',
    );
    expect(exit, err).toBe(0);
    const [from, to] = ends.map((index) => scratch.must('rev-parse', `made-${made}-${index}`));
    return [from ?? '', to ?? ''];
  };
  const listed = (...args: string[]) =>
    scratch
      .must(...args)
      .split('\n')
      .filter(Boolean)
      .sort();

  const isReached = (id: string, from: string): boolean =>
    scratch.git('merge-base', '--is-ancestor', id, from).exit === 0;

  it('a range holds the commits that git lists, with children and parents in order (P17)', async () => {
    const holds = async (history: History): Promise<void> => {
      const [from, to] = write(history);
      const ranges: readonly (readonly [Range, string[]])[] = [
        [{ include: [to], exclude: [from], symmetric: false }, [`${from}..${to}`]],
        [{ include: [from, to], exclude: [], symmetric: true }, [`${from}...${to}`]],
      ];
      for (const [range, args] of ranges) {
        const proved = await proveRange(repository, range, 'x');
        const newest = [...proved.walk('newest-first')].flat();
        const oldest = [...proved.walk('parents-first')].flat();
        const ids = newest.map(({ id }) => id);
        expect(ids.toSorted()).toEqual(listed('rev-list', ...args));
        expect(proved.count).toBe(ids.length);
        expect([...proved.ids()].flat()).toEqual(ids);
        expect(oldest.filter(({ boundary }) => !boundary).map(({ id }) => id)).toEqual(
          ids.toReversed(),
        );
        const seen = new Set<string>();
        for (const { id, parents } of oldest) {
          for (const parent of parents) expect(seen.has(parent)).toBe(true);
          seen.add(id);
        }
        // the walk ends at excluded commits, and tells which of them its tips reach
        for (const end of [from, to]) {
          const reached = range.include.every((tip) => isReached(end, tip));
          if (proved.reaches(end)) expect(reached).toBe(true);
          if (oldest.some(({ id, boundary }) => boundary && id === end) && !range.symmetric)
            expect(proved.reaches(end)).toBe(true);
        }
        if (range.symmetric) continue;
        expect([...proved.line()].sort()).toEqual(listed('rev-list', '--first-parent', ...args));
      }
    };
    await fc.assert(fc.asyncProperty(histories, holds), { numRuns: DEEP ? 40 : 12 });
  });

  it('ancestors and merge bases are those that git finds (P17)', async () => {
    const holds = async (history: History): Promise<void> => {
      const [from, to] = write(history);
      const bases = scratch.git('merge-base', '--all', from, to).out.split('\n').filter(Boolean);
      expect((await mergeBases(repository, from, to)).toSorted()).toEqual(bases.sort());
      const is = scratch.git('merge-base', '--is-ancestor', from, to).exit === 0;
      expect(await isAncestor(repository, from, to)).toBe(is);
      expect(await isSurelyAncestor(repository, from, to)).toBe(is);
    };
    await fc.assert(fc.asyncProperty(histories, holds), { numRuns: DEEP ? 40 : 12 });
  });

  it('the line of first parents is the one that git lists (P17)', async () => {
    const holds = async (history: History): Promise<void> => {
      const [from, to] = write(history);
      const line = listed('rev-list', '--first-parent', to);
      expect(await isOnLine(repository, from, to)).toBe(line.includes(from));
    };
    await fc.assert(fc.asyncProperty(histories, holds), { numRuns: DEEP ? 40 : 12 });
  });

  it("a merge gives git's own tree, or none if there are conflicts (P08, P17)", async () => {
    const trees = openMergeTrees(repository);
    const seen = { clean: 0, none: 0, several: 0 };
    const holds = async (history: History): Promise<void> => {
      const [from, to] = write(history);
      const args = ['merge-tree', '--write-tree', '--no-messages', from, to];
      const { exit, out } = scratch.git(...args);
      const tree = exit === 0 ? out.trim() : undefined;
      expect(await trees.treeOf(from, to)).toBe(tree);
      seen[tree === undefined ? 'none' : 'clean'] += 1;
      if (scratch.git('merge-base', '--all', from, to).out.trim().includes('\n')) seen.several += 1;
    };
    try {
      await fc.assert(fc.asyncProperty(crossings, holds), { numRuns: DEEP ? 40 : 12, seed: 3 });
    } finally {
      await trees.close();
    }
    expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(DEEP ? 5 : 1);
  });
});

describe('a git that lists more than a range holds', () => {
  it('does not make its tip reach a commit that only the added ones reach (P16, P17)', async () => {
    const scratch = scratchRepository('lying-list');
    const make = (subject: string, ...parents: readonly string[]): string => {
      const above = parents.flatMap((id) => ['-p', id]);
      return scratch.must('commit-tree', '-m', subject, ...above, scratch.must('write-tree'));
    };
    const root = make('root');
    const start = make('start', root);
    const added = make('added', start);
    const tip = make('tip', root);
    const honest = await openRepository(scratch.path, scratch.env);
    const git = join(scratch.home, 'lying-git');
    const lists = `case "$*" in *rev-list*--stdin*) echo ${added};; esac`;
    writeFileSync(git, `#!/bin/sh\n'${honest.git}' "$@" || exit\n${lists}\n`, { mode: 0o755 });
    const range = { include: [tip], exclude: [root, start], symmetric: false };
    for (const [repository, count] of [
      [honest, 1],
      [{ ...honest, git }, 2],
    ] as const) {
      const proved = await proveRange(repository, range, 'x');
      expect(proved.count).toBe(count);
      expect([proved.reaches(root), proved.reaches(start)]).toEqual([true, false]);
    }
    honest.objects.close();
  });
});
