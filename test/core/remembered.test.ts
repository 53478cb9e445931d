import { describe, expect, it } from 'vitest';
import { recent, remembered } from '../../src/core/remembered.ts';

describe('a cache of promises', () => {
  it('a value that is asked for twice at a time is made once', async () => {
    const known = new Map<string, Promise<object>>();
    let made = 0;
    const make = async (): Promise<object> => {
      made += 1;
      return {};
    };
    const [one, other] = await Promise.all([
      remembered(known, 'a', make),
      remembered(known, 'a', make),
    ]);
    expect(one).toBe(other);
    expect(await remembered(known, 'a', make)).toBe(one);
    expect(made).toBe(1);
    expect(await remembered(known, 'b', make)).not.toBe(one);
    expect(made).toBe(2);
  });

  it('a value that could not be made is tried again', async () => {
    const known = new Map<string, Promise<string>>();
    const refused = async (): Promise<string> => {
      throw new Error('refused');
    };
    const both = [remembered(known, 'a', refused), remembered(known, 'a', refused)];
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
    ]);
    expect(known.size).toBe(0);
    expect(await remembered(known, 'a', async () => 'made')).toBe('made');
  });
});

describe('the last few values', () => {
  it('a value is made once while it is one of the last eight, and only they are kept (I05)', () => {
    const kept: number[] = [];
    const made: number[] = [];
    const ask = (wanted: number): number =>
      recent(
        kept,
        (value) => value === wanted,
        () => made.push(wanted) && wanted,
      );
    for (const value of [1, 2, 1, 2, 3, 4, 5, 6, 7, 8, 1]) expect(ask(value)).toBe(value);
    expect(made).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([ask(9), ask(1)]).toEqual([9, 1]);
    expect(made.slice(8)).toEqual([9, 1]);
    expect(kept.length).toBe(8);
  });

  it('a value that cannot be made is not kept', () => {
    const kept: number[] = [];
    const fail = (): number => {
      throw new Error('refused');
    };
    expect(() => recent(kept, () => true, fail)).toThrow('refused');
    expect(kept).toEqual([]);
  });
});
