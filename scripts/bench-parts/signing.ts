/** Signing against the sandbox with a ready token: the whole wall time, and what is left without the servers' own. */

import { mkdirSync } from 'node:fs';
import { startSandbox } from '../../src/sandbox/index.ts';
import { median, openStopwatch } from './measure.ts';

const PAYLOAD = `tree ${'4b825dc642cb6eb9a060e54bf8d69288fbee4904'}
author Alice <alice@example.test> 1700000000 +0000
committer Alice <alice@example.test> 1700000000 +0000

a change
`;

/** Medians in milliseconds over `rounds` signatures after a warm-up. */
export async function signing(
  program: string,
  env: Readonly<Record<string, string>>,
  directory: string,
  rounds: number,
): Promise<{ readonly total: number; readonly own: number }> {
  mkdirSync(directory);
  let served = 0;
  const sandbox = await startSandbox({
    dir: directory,
    intercept: async (_service, _request, proceed) => {
      const start = process.hrtime.bigint();
      try {
        return await proceed();
      } finally {
        served += Number(process.hrtime.bigint() - start) / 1e6;
      }
    },
  });
  const watch = openStopwatch();
  try {
    const token = await sandbox.mintToken();
    const totals: number[] = [];
    const owns: number[] = [];
    for (let round = -1; round < rounds; round += 1) {
      served = 0;
      const milliseconds = await watch.time({
        name: 'sign',
        program,
        args: ['--status-fd=2', '-bsau', 'alice'],
        env: { ...env, ...sandbox.env, SIGSTORE_ID_TOKEN: token },
        input: PAYLOAD,
      });
      if (round < 0) continue;
      totals.push(milliseconds);
      owns.push(milliseconds - served);
    }
    return { total: median(totals), own: median(owns) };
  } finally {
    watch.stop();
    await sandbox.close();
  }
}
