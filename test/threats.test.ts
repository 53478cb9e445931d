import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Threats by section: id letter and how many; each has a test that names it. */
const SECTIONS: readonly (readonly [letter: string, numbers: readonly number[], digits: number])[] =
  [
    ['L', range(17), 1],
    ['G', range(17), 2],
    ['S', range(14), 2],
    ['C', range(15), 2],
    ['X', range(14), 2],
    ['R', range(19), 2],
    ['T', range(8), 2],
    ['I', range(11), 2],
    ['D', range(20), 2],
    ['O', range(18), 2],
    ['P', range(16), 2],
  ];

/** Rows that cannot apply, and why. */
const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  L9: '@peculiar/x509 is not in the tree: paths are built and judged by core/x509',
  L10: '@peculiar/x509 is not in the tree',
  L17: '@sigstore/verify judges in tests alone; identities are compared by core/policy',
};

function range(last: number): readonly number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

const ids = SECTIONS.flatMap(([letter, numbers, digits]) =>
  numbers.map((number) => letter + String(number).padStart(digits, '0')),
);

/** Names of tests and suites, and names of bad inputs that one loop runs. */
function namesOfTests(): string {
  const files = readdirSync(here, { recursive: true, encoding: 'utf8' });
  const sources = files.filter((name) => name.endsWith('.test.ts') && name !== 'threats.test.ts');
  const bad = files.filter((name) => /_fail\.[a-z]+$/.test(name));
  return [...sources.map((name) => readFileSync(here + name, 'utf8')), ...bad].join('\n');
}

describe('threats', () => {
  const names = namesOfTests();

  it.each(ids)('%s has a test that names it, or a reason why none can', (id) => {
    const named = new RegExp(`(?<![A-Za-z0-9])${id}(?![0-9])`, 'i').test(names);
    expect(named || id in NOT_APPLICABLE).toBe(true);
  });

  it('excuses nothing that is tested', () => {
    const tested = Object.keys(NOT_APPLICABLE).filter((id) =>
      new RegExp(`['"\`][^'"\`\\n]*\\b${id}\\b`).test(names),
    );
    expect(tested).toEqual([]);
  });
});
