import { describe, expect, it } from 'vitest';
import { remembered } from '../../src/core/remembered.ts';

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
