import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { timeLimit, watchPush } from '../../../src/commands/hooks/watch.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** A watch, what it said, and work that ends when it is told to. */
function scene(within?: string) {
  const said: string[] = [];
  const work = Promise.withResolvers<string>();
  const end = vi.fn();
  const endAfter = vi.fn();
  const say = (line: string) => said.push(line);
  const watch = watchPush({ limit: timeLimit(within), say, end, endAfter });
  return { said, work, end, endAfter, watch };
}

describe('the watch of a push', () => {
  it('says nothing about a push that is judged within a second', async () => {
    const { said, work, watch, end } = scene();
    const done = watch.within(work.promise);
    await vi.advanceTimersByTimeAsync(999);
    work.resolve('judged');
    expect(await done).toBe('judged');
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(said).toEqual([]);
    expect(end).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says after a second what is done, and every five seconds how far it is', async () => {
    const { said, work, watch } = scene();
    let count = 0;
    watch.at(() => `checked ${count}`);
    const done = watch.within(work.promise);
    await vi.advanceTimersByTimeAsync(1000);
    expect(said).toEqual(['checked 0']);
    count = 7;
    await vi.advanceTimersByTimeAsync(4999);
    expect(said).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    watch.at(() => 'reading');
    await vi.advanceTimersByTimeAsync(5000);
    expect(said).toEqual(['checked 0', 'checked 7', 'reading']);
    const failure = new Error();
    work.reject(failure);
    await expect(done).rejects.toBe(failure);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('refuses at the end of the time and not before, after the work has tidied up (K13)', async () => {
    const { said, work, watch, end, endAfter } = scene('10s');
    const done = watch.within(work.promise).catch((error: unknown) => error);
    expect(endAfter.mock.calls).toEqual([[20_000]]);
    let over = false;
    done.then(() => {
      over = true;
    });
    await vi.advanceTimersByTimeAsync(9999);
    expect(end).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(end).toHaveBeenCalledOnce();
    const { length } = said;
    expect(over).toBe(false);
    work.resolve('too late, so this does not count');
    expect(await done).toMatchObject({ code: 'push-out-of-time' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(said).toHaveLength(length);
  });

  it('refuses two seconds after the end of the time if the work never ends (K13)', async () => {
    const { work, watch } = scene('1m');
    const done = watch.within(work.promise).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(62_000);
    expect(await done).toMatchObject({ code: 'push-out-of-time' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('refuses a time that is none, zero, or longer than a day', () => {
    const seconds = (text?: string): number => timeLimit(text).seconds;
    expect([seconds(), seconds('1s'), seconds('90m'), seconds('24h')]).toEqual([
      600, 1, 5400, 86400,
    ]);
    for (const text of ['', '0s', '10', '-1m', '1d', '25h', '1.5h', '10m ', '9999999s']) {
      expect(() => seconds(text), text).toThrow('--within');
    }
  });
});
