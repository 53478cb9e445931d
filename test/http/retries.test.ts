import { describe, expect, it } from 'vitest';
import { retryDelay } from '../../src/http/retries.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const delay = (headers: Record<string, string>): number => retryDelay(headers, () => NOW);

describe('retryDelay', () => {
  it.each<[string, Record<string, string>, number]>([
    ['nothing', {}, 0],
    ['seconds', { 'retry-after': '120' }, 120_000],
    ['no time at all', { 'retry-after': '0' }, 0],
    ['a date', { 'retry-after': 'Sat, 21 Nov 2026 12:00:30 GMT' }, 30_000],
    ['a date gone by', { 'retry-after': 'Sat, 21 Nov 2026 11:00:00 GMT' }, 0],
    [
      'a date by the server’s clock, which is an hour ahead',
      { 'retry-after': 'Sat, 21 Nov 2026 13:00:30 GMT', date: 'Sat, 21 Nov 2026 13:00:00 GMT' },
      30_000,
    ],
    [
      'a date beside a date that is none',
      { 'retry-after': 'Sat, 21 Nov 2026 12:00:30 GMT', date: 'yesterday' },
      30_000,
    ],
    ['a word', { 'retry-after': 'soon' }, 0],
    ['less than nothing', { 'retry-after': '-5' }, 0],
    ['a fraction', { 'retry-after': '1.5' }, 0],
    ['a date in another form', { 'retry-after': '2026-11-21T12:00:30Z' }, 0],
    ['no such date', { 'retry-after': 'Sat, 99 Nov 2026 12:00:30 GMT' }, 0],
    ['more digits than sense', { 'retry-after': '9'.repeat(400) }, 0],
  ])('%s', (_name, headers, milliseconds) => {
    expect(delay(headers)).toBe(milliseconds);
  });
});
