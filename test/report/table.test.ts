import { expect, it } from 'vitest';
import { isRefusalCode } from '../../src/report/refusals/pages.ts';
import { plainSamples, reported } from '../support/judged-samples.ts';

/** What a report over one result of each status names for more. */
function namedIn(shown: boolean): readonly string[] {
  const { text } = reported('text', plainSamples(), { shown });
  return [...text.matchAll(/^ {2}why: git signet help (\S+)$/gm)].map(([, code = '']) => code);
}

it('at a terminal, a table ends with the help of the first reason codes, each once', () => {
  const codes = namedIn(true);
  expect(codes.length).toBeGreaterThan(1);
  expect(codes.length).toBeLessThanOrEqual(3);
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes.filter((code) => !isRefusalCode(code))).toEqual([]);
});

it('a table that no person reads names no help', () => {
  expect(namedIn(false)).toEqual([]);
});
