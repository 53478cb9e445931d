import { describe, expect, it } from 'vitest';
import { startingPoint } from '../../../src/core/policy/starting-point.ts';

/**
 *     a - b - c - f - g
 *          \     /
 *           d - e
 */
const GRAPH: Readonly<Record<string, readonly string[]>> = {
  ...{ a: [], b: ['a'], c: ['b'], d: ['b'], e: ['d'], f: ['c', 'e'], g: ['f'] },
};
const start = (...unjudged: string[]) =>
  startingPoint(
    (id) => GRAPH[id],
    'g',
    (id) => unjudged.includes(id),
  );

describe('the start of what is judged', () => {
  it('is nowhere if every commit can be judged', () => {
    expect(start()).toBeUndefined();
  });

  it.each([
    ['a', 'a', 1],
    ['b', 'b', 2],
    ['c', 'c', 3],
    ['g', 'g', 7],
  ])('a commit %s of the own line is its own start', (unjudged, id, reached) => {
    expect(start(unjudged)).toEqual({ id, reached });
  });

  it('a commit of a side branch moves the start to the merge that brought it in', () => {
    expect(start('d')).toEqual({ id: 'f', reached: 6 });
  });

  it('the newest of several commits decides', () => {
    expect(start('a', 'e', 'c')).toEqual({ id: 'f', reached: 6 });
  });

  it('parents that were not read end the line', () => {
    const cut = startingPoint(
      (id) => (id === 'a' ? undefined : GRAPH[id]),
      'g',
      (id) => id === 'b',
    );
    expect(cut).toEqual({ id: 'b', reached: 1 });
  });

  it('a history of 100,000 commits needs no stack', () => {
    const parents = (id: string) => (id === '0' ? [] : [String(Number(id) - 1)]);
    expect(startingPoint(parents, '100000', (id) => id === '7')).toEqual({ id: '7', reached: 8 });
  });
});
