import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

const MODULE = new URL('../../src/system/runtime.ts', import.meta.url);

/** Makes garbage, of which some lives for a while, and prints how far the space of new objects grew, in bytes. */
const GARBAGE = `import { getHeapSpaceStatistics } from 'node:v8';
import { keepHeapSmall } from '${MODULE}';
if (process.argv[1] === 'small') keepHeapSmall();
const recent = new Array(20_000);
let most = 0;
for (let count = 0; count < 1_000_000; count += 1) {
  recent[count % recent.length] = { count, more: [count, count + 1, count + 2] };
  if (count % 10_000 !== 0) continue;
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  most = Math.max(most, space.space_size);
}
console.log(most);`;

function grownTo(how: 'small' | 'as it is'): number {
  const args = ['--input-type=module', '-e', GARBAGE, how];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

it('a process that keeps its heap small uses less than half of the space for new objects', () => {
  const small = grownTo('small');
  expect(small).toBeGreaterThan(0);
  expect(2 * small).toBeLessThan(grownTo('as it is'));
});
