/**
 * The order in which the executable holds its bytecode: first what a verification runs, in the order in which it ran. A start
 * then reads fewer pages of the file. A recorded order depends on which of two promises was settled first, so a build that
 * recorded its own would differ from the next one. The order is a file of the tree instead, and `scripts/build --order`
 * writes it anew.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { run } from './run.ts';
import { writeSample } from './sample.ts';

export const ORDER = 'scripts/build-parts/bytecode-order.txt';

/** From this share of unlisted functions on, a build says that the order is stale. */
const STALE = 0.1;

/**
 * Runs a verification with an executable, and returns what Bun recorded of it: a line for each thing that was read. Behind
 * it comes what a verification by way of node:fs adds, because a signature by the agent needs that too.
 */
export function recordOrder(program: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'git-signet-order-'));
  try {
    const recorded = join(directory, 'order');
    const { args, input, env } = writeSample(directory);
    const recording = { ...env, BUN_BYTECODE_ORDER_OUT: recorded };
    const byNode = args.map((arg) => (arg.startsWith('/') ? basename(arg) : arg));
    const lines = [args, byNode].flatMap((each) => {
      run(program, each, { cwd: directory, env: recording, input });
      return readFileSync(recorded, 'utf8').split('\n');
    });
    return [...new Set(lines)].join('\n');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/**
 * Returns a recorded order without what only repeats the build: Bun's first line, and the functions (`F`) and strings (`S`)
 * that were read. The rest names every other function, and costs 300 kB to save 15 page faults of 1,900.
 */
export const committedOrder = (recorded: string): string =>
  recorded
    .split('\n')
    .filter((line, index) => index === 0 || /^[FS] /.test(line))
    .map((line) => `${line}\n`)
    .join('');

const functionsOf = (order: string): readonly string[] =>
  order.split('\n').filter((line) => line.startsWith('F '));

/** Returns how many of the functions that a run used an order lists, and what to say of it; undefined while it is fresh. */
export function staleness(order: string, recorded: string): string | undefined {
  const listed = new Set(functionsOf(order));
  const used = functionsOf(recorded);
  const unlisted = used.filter((line) => !listed.has(line)).length;
  if (used.length > 0 && unlisted <= used.length * STALE) return undefined;
  return `${ORDER} lists ${used.length - unlisted} of the ${used.length} functions that a verification runs; write it anew: scripts/build --order`;
}
