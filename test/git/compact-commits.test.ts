import { describe, expect, it } from 'vitest';
import { BLOCK_COMMITS, CommitBlock, CommitList } from '../../src/git/compact-commits.ts';
import type { DatedLinks } from '../../src/git/linked-commit.ts';

const SIZES = [20, 32] as const;

/** Commits with every number of parents. Some name the next commit first, some second, and some not at all. */
function commits(size: number): readonly DatedLinks[] {
  const hash = (n: number): string => n.toString(16).padStart(2 * size, '0');
  return Array.from({ length: BLOCK_COMMITS }, (_, n) => {
    const others = Array.from({ length: n % 4 }, (__, at) => hash(n * 10 + at + 5000));
    const next = hash(n + 1);
    const parents = n % 3 === 0 ? [next, ...others] : n % 3 === 1 ? [...others, next] : others;
    const tree = n % 7 === 0 ? undefined : hash(1000 + n);
    return { id: hash(n), tree, parents, date: n % 5 === 0 ? Number.NaN : 1_700_000_000 - n };
  });
}

function read(block: CommitBlock): readonly DatedLinks[] {
  return Array.from({ length: block.length }, (_, index) => ({
    ...block.links(index),
    date: block.date(index),
  }));
}

describe.each(SIZES)('a block of commits with hashes of %i bytes', (size) => {
  it('returns what was written into it, also from a copy of its bytes', () => {
    const all = commits(size);
    for (const count of [1, 2, 3, 64, BLOCK_COMMITS]) {
      const block = CommitBlock.of(all.slice(0, count), size);
      expect(read(block)).toEqual(all.slice(0, count));
      expect(read(new CommitBlock(Buffer.from(block.bytes), size))).toEqual(all.slice(0, count));
      expect(block.ids()).toEqual(all.slice(0, count).map(({ id }) => id));
    }
  });

  it('is not whole if a commit in it has no tree, because its parents are unknown', () => {
    const all = commits(size);
    expect(CommitBlock.of(all.slice(1, 7), size).isWhole()).toBe(true);
    expect(CommitBlock.of(all.slice(1, 8), size).isWhole()).toBe(false);
  });

  it('takes no bytes for a parent that is the next commit', () => {
    const hash = (n: number): string => n.toString(16).padStart(2 * size, '0');
    const line = Array.from({ length: 100 }, (_, n) => ({
      ...{ id: hash(n), tree: hash(7), parents: [hash(n + 1)], date: 5 },
    }));
    const { bytes } = CommitBlock.of(line, size);
    expect(bytes.length).toBe(2 + 100 * (2 * size + 12) + size);
  });
});

describe('a list of commits', () => {
  it('returns its commits from either end', () => {
    const all = commits(20);
    const list = new CommitList();
    for (const [from, to] of [
      [0, 100],
      [100, 101],
      [101, BLOCK_COMMITS],
    ])
      list.push(CommitBlock.of(all.slice(from, to), 20));
    const listed = all.map(({ id, tree, parents }) => ({ id, tree, parents, boundary: false }));
    expect(list.length).toBe(BLOCK_COMMITS);
    expect([...list.ids()].flat()).toEqual(all.map(({ id }) => id));
    expect([...list.groups()].flat()).toEqual(listed);
    expect([...list.groupsReversed()].flat()).toEqual(listed.toReversed());
  });
});
