import { beforeEach, describe, expect, it } from 'vitest';
import { READING_AGE, Readings } from '../../../src/gate/serve/readings.ts';

let now = 0;
let day = 0;
let opened = 0;
let closed: number[] = [];
let fails = false;

const make = () =>
  new Readings({
    clock: () => ({ steady: now, wall: day }),
    open: async () => {
      opened += 1;
      const number = opened;
      if (fails) throw new Error(`reading ${number} failed`);
      return { number, close: async () => void closed.push(number) };
    },
  });
const numberOf = (readings: ReturnType<typeof make>) => readings.use(({ number }) => number);

beforeEach(() => {
  now = 0;
  day = 0;
  opened = 0;
  closed = [];
  fails = false;
});

describe('the age of a reading', () => {
  it('trust root and policies are read again after a minute, not for each question (Q4)', async () => {
    const readings = make();
    expect([await numberOf(readings), await numberOf(readings)]).toEqual([1, 1]);
    now = READING_AGE - 1;
    expect(await numberOf(readings)).toBe(1);
    now = READING_AGE;
    expect(await numberOf(readings)).toBe(2);
    expect(closed).toEqual([1]);
  });

  it('a reading stays open until its last question is answered (Q5)', async () => {
    const readings = make();
    let end: () => void = () => undefined;
    const slow = readings.use(async ({ number }) => {
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      return number;
    });
    await readings.use(() => undefined);
    now = READING_AGE;
    expect(await numberOf(readings)).toBe(2);
    expect(closed).toEqual([]);
    end();
    expect(await slow).toBe(1);
    expect(closed).toEqual([1]);
  });
});

describe('a reading of another time of day', () => {
  it('trust root and policies are read again after the machine has slept (Q4)', async () => {
    const readings = make();
    await numberOf(readings);
    day = READING_AGE - 1;
    expect(await numberOf(readings)).toBe(1);
    // the steady clock stood still
    day = READING_AGE;
    expect(await numberOf(readings)).toBe(2);
    day = 0;
    expect(await numberOf(readings)).toBe(3);
  });
});

describe('a reading that lacks an object', () => {
  it('a reading that lacks an object is replaced at most once a second', async () => {
    const readings = make();
    await numberOf(readings);
    now = 999;
    expect([readings.outdate(), await numberOf(readings)]).toEqual([false, 1]);
    now = 1000;
    expect([readings.outdate(), await numberOf(readings)]).toEqual([true, 2]);
    expect(readings.outdate()).toBe(false);
  });

  it('a reading whose work does not end is closed once, and the next one works', async () => {
    const readings = make();
    let end: () => void = () => undefined;
    let stuck: { number: number; close: () => Promise<undefined> } | undefined;
    const work = readings.use(async (value) => {
      stuck = value;
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    while (stuck === undefined) await Promise.resolve();
    readings.abandon(stuck);
    expect(closed).toEqual([1]);
    expect(await numberOf(readings)).toBe(2);
    end();
    await work;
    expect(closed).toEqual([1]);
  });
});

describe('a reading that fails', () => {
  it('an older policy does not count after the newer one could not be read (Q4)', async () => {
    const readings = make();
    await numberOf(readings);
    now = READING_AGE;
    fails = true;
    await expect(numberOf(readings)).rejects.toThrow('reading 2 failed');
    // not for each question of a second
    await expect(numberOf(readings)).rejects.toThrow('reading 2 failed');
    now += 1000;
    fails = false;
    expect(await numberOf(readings)).toBe(3);
  });

  it('a reading whose git child has failed is not used for the next question', async () => {
    const readings = make();
    await numberOf(readings);
    readings.distrust();
    expect(await numberOf(readings)).toBe(2);
    expect(closed).toEqual([1]);
  });
});

it('a reload begins a reading of its own, even while another one is under way (Q4)', async () => {
  const readings = make();
  const early = numberOf(readings);
  await readings.reload();
  expect([await early, await numberOf(readings)]).toEqual([1, 2]);
});
