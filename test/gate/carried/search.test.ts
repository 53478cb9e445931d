import { describe, expect, it } from 'vitest';
import {
  namedHeads,
  numberOf,
  numbersIn,
  subjectNumber,
} from '../../../src/gate/carried/search.ts';

describe('the numbers that lead to a head', () => {
  it.each([
    ['refs/pull/7/head', '7'],
    ['refs/merge-requests/12/head', '12'],
    ['refs/pull-requests/3/from', '3'],
    ['refs/remotes/origin/pr/41', '41'],
    ['refs/remotes/origin/pull/41/head', '41'],
    ['refs/heads/topic-7', undefined],
    ['refs/heads/7/topic', undefined],
    ['refs/pull/1234567890123/head', undefined],
  ])('the ref %s has the number %s', (ref, number) => {
    expect(numberOf(ref)).toBe(number);
  });

  it('the number at the end of a subject comes first, and no more than four are followed', () => {
    expect(numbersIn('Mend #3 and #4 (#7)\n\nSee #5, #6 and !8\n')).toEqual(['7', '3', '4', '5']);
    expect(numbersIn('Merge x\n\n#1\n\nSee merge request team/parser!9\n')).toEqual(['9', '1']);
    expect(numbersIn('(#7) in front')).toEqual(['7']);
    expect(numbersIn('7, #x, !y')).toEqual([]);
    expect(numbersIn(`${'x'.repeat(5000)} (#7)`)).toEqual([]);
  });

  it('only the end of the first line is a subject number', () => {
    expect(subjectNumber('Add b (#7)\n\nMore (#8)')).toBe('7');
    expect(subjectNumber('Add b (#7).')).toBeUndefined();
    expect(subjectNumber('Add b\n(#7)')).toBeUndefined();
  });

  it('a number that thousands of refs have leads to 32 heads at most (J6)', () => {
    const many = Array.from({ length: 5000 }, (_, index) => ({
      ...{ id: `${index}`, ref: `refs/remotes/r${index}/pr/7`, time: 0 },
    }));
    const list = { heads: many, byNumber: new Map([['7', many]]), whole: true };
    expect(namedHeads('Add b (#7)', list)).toHaveLength(32);
    expect(namedHeads('Add b (#8)', list)).toEqual([]);
  });
});
