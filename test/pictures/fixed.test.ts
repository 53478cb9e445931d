import { expect, it } from 'vitest';
import { withFixedValues } from '../../scripts/picture-parts/fixed.ts';

const [one, other] = ['a'.repeat(39).concat('1'), 'b'.repeat(39).concat('2')];

it('two runs that differ in hashes, times, ports and folders give one text', () => {
  const told = (hashes: readonly [string, string], port: string, time: string, folder: string) =>
    withFixedValues(
      `${hashes[0].slice(0, 7)} ${hashes[1]} ${hashes[0]} http://127.0.0.1:${port}/g4J-6McnSrcr ${time} ${folder}/x`,
      hashes,
    );
  const first = told([one, other], '33375', '2026-11-30 03:01:02Z', '/tmp/alice-BEIN7S');
  const later = told([other, one], '45495', '2027-01-01 00:00:00Z', '/tmp/alice-2pZKf2');
  expect(later).toBe(first);
  expect(first).toContain('2026-11-21 11:54:32Z /home/alice/x');
});

it('two objects stay two, and a word that is no object stays as it is', () => {
  const [, first, second] =
    /^(\S+) (\S+) defaced$/.exec(withFixedValues(`${one} ${other} defaced`, [one, other])) ?? [];
  expect(first).toMatch(/^[0-9a-f]{40}$/);
  expect(second).not.toBe(first);
});

it('every value keeps its length, so that lines break where they broke', () => {
  const output = `${one} 127.0.0.1:33375 2026-11-30 03:01:02Z`;
  expect(withFixedValues(output, [one])).toHaveLength(output.length);
});
