/** The agent's lines of the table: what was measured beside its budget (docs/performance.md). */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startSandbox } from '../../src/sandbox/index.ts';
import { type AgentOptions, agentFigures, OURS, THEIRS } from './agent.ts';
import { installProgram } from './installed.ts';
import { soak } from './soak.ts';

export interface Row {
  readonly what: string;
  readonly figure: string;
  readonly budget: string;
  readonly holds: boolean | undefined;
}

const fixed = (value: number | undefined, digits = 1): string => value?.toFixed(digits) ?? '–';

/** One signature, near and far, and a rebase; gitsign with its cache beside it. */
export async function signingRows(options: AgentOptions): Promise<readonly Row[]> {
  const { near, far, roundTrips, connections, rebases } = await agentFigures(options);
  const own = near.get(OURS)?.own ?? Number.NaN;
  const [mine, other] = [rebases.get(OURS), rebases.get(THEIRS)];
  const ratio = (mine?.seconds ?? Number.NaN) / (mine?.log ?? Number.NaN);
  const beside = other === undefined ? '' : `; gitsign with its cache ${fixed(other.seconds)} s`;
  return [
    {
      what: 'sign with a live agent, executable, without the log’s own time',
      figure: `${fixed(own)} ms (gitsign with its cache ${fixed(near.get(THEIRS)?.own)} ms)`,
      budget: '≤ 20 ms',
      holds: own <= 20,
    },
    {
      what: 'the same with 60 ms to every server: round trips to the log for a signature',
      figure: `${fixed(roundTrips)}, ${connections} new connections; ${fixed(far.get(OURS)?.own)} ms (gitsign ${fixed(far.get(THEIRS)?.own)} ms)`,
      budget: '1',
      holds: roundTrips === 1 && connections === 0,
    },
    {
      what: 'rebase of 50 commits, 60 ms away, a log that takes 150 ms / the log’s own time',
      figure: `${fixed(ratio, 2)} (${fixed(mine?.seconds)} / ${fixed(mine?.log)} s; unsigned ${fixed(mine?.unsigned)} s${beside})`,
      budget: '≤ 1.1',
      holds: ratio <= 1.1,
    },
  ];
}

const PROCESSES = 20;

/** Twenty processes at once. */
export async function soakRow(options: AgentOptions, seconds: number): Promise<Row> {
  const { directory } = options;
  const dir = join(directory, 'soaked');
  mkdirSync(dir, { recursive: true });
  const sandbox = await startSandbox({ dir, autoApprove: true });
  try {
    const place = join(directory, 's');
    mkdirSync(place);
    const run = await soak({
      ...{ env: options.env, sandbox, directory: place, faults: false, seed: 1 },
      program: installProgram('executable', join(place, 'program')),
      phases: [{ clients: PROCESSES, seconds }],
    });
    const { signatures, failures, failed, mixedUp, memory } = run;
    const [early = Number.NaN, late = Number.NaN] = [memory[2], memory.at(-1)];
    for (const failure of failures) process.stderr.write(`${failure}\n`);
    return {
      what: `${PROCESSES} processes signing at once through one agent for ${seconds} s`,
      figure: `${signatures} signatures, ${failed} failures, ${mixedUp} mixed up; ${fixed(early, 0)} and ${fixed(late, 0)} MiB`,
      budget: 'no failure, no mix-up, memory flat',
      holds: failed === 0 && mixedUp === 0 && late <= early * 1.25,
    };
  } finally {
    await sandbox.close();
  }
}
