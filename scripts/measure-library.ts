/**
 * What the library costs a program that imports it: its size as one file, plain and compressed, and the time that a program
 * which imports it takes over one that does not. Prints one line for docs/performance.md.
 *
 *   scripts/measure-library [RUNS]
 */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const file = new URL('../dist/index.js', import.meta.url);
const runs = Number(process.argv[2] ?? 25);

function milliseconds(program: string): number {
  const begun = performance.now();
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', program]);
  if (status !== 0) throw new Error(`node ended with ${status}`);
  return performance.now() - begun;
}

const median = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

// by turns, so that what else the machine does falls on both alike
const [bare, importing]: [number[], number[]] = [[], []];
for (let i = 0; i < runs; i += 1) {
  bare.push(milliseconds('0'));
  importing.push(milliseconds(`await import(${JSON.stringify(file.href)})`));
}
const bytes = readFileSync(file);
const kilobytes = (count: number): string => `${(count / 1000).toFixed(0)} kB`;
const [without, within] = [median(bare), median(importing)];
process.stdout.write(
  `library: one file of ${kilobytes(bytes.length)} (${kilobytes(gzipSync(bytes).length)} compressed), ` +
    `no dependencies; import ${(within - without).toFixed(1)} ms over bare Node (${without.toFixed(1)} ms)\n`,
);
