/** Both runtimes that the project ships on, for tests of what they might do differently. */

import { fileURLToPath } from 'node:url';
import type { Asked, Came } from './asker.ts';
import { runMeanwhile } from './git-repository.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export const RUNTIMES = {
  node: process.execPath,
  bun: `${root}node_modules/@oven/bun-linux-x64/bin/bun`,
} as const;
export type Runtime = keyof typeof RUNTIMES;

/** What a client in a process of `runtime` gets; cases run at the same time. */
export async function askOn(
  runtime: Runtime,
  cases: readonly Asked[],
  env: Readonly<Record<string, string>> = {},
): Promise<readonly (readonly Came[])[]> {
  const program = fileURLToPath(new URL('./asker.ts', import.meta.url));
  const ran = await runMeanwhile(RUNTIMES[runtime], [program, 'ask'], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    input: Buffer.from(JSON.stringify(cases)),
  });
  if (ran.exit !== 0) throw new Error(ran.err);
  return JSON.parse(ran.out);
}
