import { describe, expect, it } from 'vitest';
import { plural } from '../../src/core/plural.ts';

describe('a count in words', () => {
  it.each([
    [0, '0 logs'],
    [1, '1 log'],
    [2, '2 logs'],
  ])('%i has the right noun', (count, words) => {
    expect(plural(count, 'log')).toBe(words);
  });

  it('a noun may have a plural of its own', () => {
    expect(plural(1, 'authority', 'authorities')).toBe('1 authority');
    expect(plural(2, 'authority', 'authorities')).toBe('2 authorities');
  });
});
