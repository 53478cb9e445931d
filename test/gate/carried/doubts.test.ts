import { expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { doubts } from '../../../src/gate/carried/doubts.ts';

const DAY = 24 * 3600;
const pair = (age: number, more: { ref?: string; earlier?: string; subject?: string } = {}) => ({
  landing: { message: utf8(more.subject ?? 'Add b (#7)'), time: 1_700_000_000 + age },
  head: { time: 1_700_000_000 },
  ref: more.ref,
  earlier: more.earlier,
});
const notes = (...of: Parameters<typeof pair>): number => doubts(pair(...of)).length;

it('a head is doubtful if it is more than 30 days older, of another number, or carried a commit before (J4)', () => {
  expect(notes(30 * DAY)).toBe(0);
  expect(notes(30 * DAY + 1)).toBe(1);
  expect(notes(-400 * DAY)).toBe(0);
  expect(notes(0, { ref: 'refs/pull/7/head' })).toBe(0);
  expect(notes(0, { ref: 'refs/pull/8/head' })).toBe(1);
  expect(notes(0, { ref: 'refs/pull/8/head', subject: 'Add b' })).toBe(0);
  expect(notes(0, { ref: 'refs/heads/topic' })).toBe(0);
  expect(notes(0, { earlier: 'f'.repeat(40) })).toBe(1);
  expect(notes(31 * DAY, { earlier: 'f'.repeat(40), ref: 'refs/pull/8/head' })).toBe(3);
  const [first] = doubts(pair(31 * DAY));
  expect([first?.code, first?.severity]).toEqual(['carried-head-doubtful', 'note']);
});
