import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { committedOrder, ORDER, staleness } from '../../scripts/build-parts/bytecode-order.ts';

const line = (kind: string, value: number): string =>
  `${kind} ${value.toString(16).padStart(16, '0')}`;
/** What Bun records of a run that used these functions. */
const recorded = (functions: readonly number[]): string =>
  [
    'v2',
    ...functions.map((value) => line('F', value)),
    line('S', 1),
    line('M', 2),
    line('N', 3),
    line('K', 4),
    '',
  ].join('\n');
const ten = Array.from({ length: 10 }, (_, index) => index + 16);

describe('the order of the bytecode', () => {
  it('keeps the functions and strings that a run read, in its order', () => {
    expect(committedOrder(recorded([30, 20]))).toBe(
      `v2\n${line('F', 30)}\n${line('F', 20)}\n${line('S', 1)}\n`,
    );
  });

  it('is fresh while it lists nine of ten functions that a run uses, whatever their order', () => {
    const order = committedOrder(recorded(ten.slice(1)));
    expect(staleness(order, recorded(ten.toReversed()))).toBeUndefined();
  });

  it('is stale once it lists fewer, and the build says what to type', () => {
    const order = committedOrder(recorded(ten.slice(2)));
    expect(staleness(order, recorded(ten))).toBe(
      `${ORDER} lists 8 of the 10 functions that a verification runs; write it anew: scripts/build --order`,
    );
  });

  it('is not called fresh by a run that recorded no function', () => {
    expect(staleness(committedOrder(recorded(ten)), recorded([]))).toContain('lists 0 of the 0');
  });

  it('is in the tree, with more functions than a start alone would use', () => {
    const path = fileURLToPath(new URL(`../../${ORDER}`, import.meta.url));
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines[0]).toMatch(/^v\d+$/);
    expect(lines.filter((each) => /^F [0-9a-f]{16}$/.test(each)).length).toBeGreaterThan(200);
  });
});
