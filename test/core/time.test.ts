import { expect, it } from 'vitest';
import { isoDay, isoTime, utcMinute, utcTime } from '../../src/core/time.ts';

it('a moment is written in UTC, without fractions, to the day, the minute or the second', () => {
  const seconds = Date.UTC(2026, 10, 21, 11, 54, 32, 900) / 1000;
  const written = [isoTime, isoDay, utcTime, utcMinute].map((write) => write(seconds));
  expect(written).toEqual([
    ...['2026-11-21T11:54:32Z', '2026-11-21', '2026-11-21 11:54:32Z', '2026-11-21 11:54'],
  ]);
});

it('a year beyond four digits keeps its sign and all its digits', () => {
  expect(isoTime(253402300800)).toBe('+010000-01-01T00:00:00Z');
});

it('no number is no moment', () => {
  expect(() => isoTime(Number.NaN)).toThrow(RangeError);
});
