import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisMarks } from '../../src/report/time-axis.ts';

const NOON = Date.parse('2026-11-21T12:00:00Z') / 1000;
const labels = (span: number, to = NOON): readonly string[] =>
  axisMarks(to - span, to).map(({ label }) => label);

describe('the marks of a time axis', () => {
  it.each<[string, number, readonly string[]]>([
    ['one second', 0, ['2026-11-21 12:00:00Z']],
    ['seconds', 3, ['11:59:57', '11:59:58', '11:59:59', '12:00:00']],
    ['minutes', 1700, ['11:40', '11:50', '12:00']],
    ['two days', 100_000, ['11-20 12:00', '11-21 00:00', '11-21 12:00']],
    ['days', 600_000, ['2026-11-15', '2026-11-17', '2026-11-19', '2026-11-21']],
    ['months', 10_000_000, ['2026-08', '2026-09', '2026-10', '2026-11']],
    ['years', 100_000_000, ['2024', '2025', '2026']],
  ])('a span of %s has round times, each with what tells it from the next', (_, span, expected) => {
    expect(labels(span)).toEqual(expected);
  });

  it('no axis of any span has two equal labels, a mark outside of it, or more than four', () => {
    const second = fc.integer({ min: -62_167_219_200, max: 253_402_300_799 });
    const span = fc
      .double({ min: 0, max: 26, noNaN: true })
      .map((power) => Math.floor(Math.exp(power)));
    fc.assert(
      fc.property(second, span, (from, length) => {
        const to = Math.min(253_402_300_799, from + length);
        const marks = axisMarks(from, to);
        expect(new Set(marks.map(({ label }) => label)).size).toBe(marks.length);
        expect(marks.every(({ at }) => at >= from && at <= to)).toBe(true);
        expect(marks.length).toBeLessThanOrEqual(4);
        expect(marks.length).toBeGreaterThanOrEqual(from === to ? 1 : 2);
      }),
      { numRuns: 3000 },
    );
  });
});
