/**
 * Two executables in pairs: one verification as git calls it, `--version`, and one signature by a live agent. The page
 * cache holds each file in its own way, which moves times by a fifth. So both are copied anew before each batch.
 */

import { chmodSync, copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '../../src/sandbox/index.ts';
import { writeSample } from '../build-parts/sample.ts';
import { ALICE, PAYLOAD } from './agent.ts';
import { startLiveAgent } from './live-agent.ts';
import { type Invocation, type Lap, median, openStopwatch, type Stopwatch } from './measure.ts';

type Environment = Readonly<Record<string, string>>;
/** A call but for the program, which is the first or the second one. */
type Call = (which: 0 | 1) => Omit<Invocation, 'name' | 'program'>;

export interface AgainstOptions {
  /** The executable before, and the one to compare. */
  readonly programs: readonly [string, string];
  readonly env: Environment;
  /** A short path: the agents' sockets lie in it. */
  readonly directory: string;
  readonly batches: number;
  readonly pairs: number;
}

/** Copies a program, so that its pages are new. */
export function freshCopy(program: string, directory: string): string {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const copy = join(directory, 'git-signet');
  copyFileSync(program, copy);
  chmodSync(copy, 0o755);
  return copy;
}

/** Returns the laps of each program, pair by pair. The first pair of a batch does not count. */
async function lapsOf(
  call: Call,
  { programs, directory, batches, pairs }: AgainstOptions,
  watch: Stopwatch,
): Promise<readonly (readonly [Lap, Lap])[]> {
  const all: (readonly [Lap, Lap])[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    const copies = programs.map((program, which) =>
      freshCopy(program, join(directory, `${which}`)),
    );
    const lap = (which: 0 | 1): Promise<Lap> => {
      const program = copies[which] ?? '';
      return watch.lap({ ...call(which), name: program, program, piped: true });
    };
    for (let pair = -1; pair < pairs; pair += 1) {
      const turned = pair % 2 === 0;
      const first = await lap(turned ? 0 : 1);
      const second = await lap(turned ? 1 : 0);
      if (pair >= 0) all.push(turned ? [first, second] : [second, first]);
    }
  }
  return all;
}

function rowOf(what: string, laps: readonly (readonly [Lap, Lap])[]): string {
  const figure = (of: (lap: Lap) => number): string => {
    const [before, after] = [0, 1].map((which) =>
      median(laps.map((pair) => of(pair[which] ?? pair[0]))),
    );
    const ratio = median(laps.map(([one, other]) => of(other) / of(one)));
    return `${before?.toFixed(2)} → ${after?.toFixed(2)} ms (${ratio.toFixed(3)})`;
  };
  const [processor, wall] = [figure((lap) => lap.processor), figure((lap) => lap.milliseconds)];
  return `| ${what} | ${processor} | ${wall} | ${laps.length} |\n`;
}

/** Prints a table of both executables. A ratio is the median of the pairs' ratios. */
export async function compare(options: AgainstOptions): Promise<void> {
  const { programs, env, directory } = options;
  const sample = writeSample(directory);
  const theirs = Object.entries(sample.env).flatMap(([name, text]) =>
    text === undefined ? [] : [[name, text] as const],
  );
  const watch = openStopwatch();
  const sandbox = await startSandbox({ dir: join(directory, 'sandbox') });
  const agents = await Promise.all(
    programs.map((program, which) =>
      startLiveAgent({
        ...{ program, env, sandbox, people: [ALICE] },
        directory: join(directory, `agent-${which}`),
      }),
    ),
  );
  try {
    const { args, input } = sample;
    const verify = { args, input, env: { ...env, ...Object.fromEntries(theirs) } };
    const calls: Readonly<Record<string, Call>> = {
      'one verification': () => verify,
      '`--version`': () => ({ args: ['--version'], env }),
      'one signature by a live agent': (which) => ({
        args: ['--status-fd=2', '-bsau', ALICE],
        input: PAYLOAD,
        env: agents[which]?.env ?? env,
      }),
    };
    const [load] = loadavg();
    process.stdout.write(
      `load ${load?.toFixed(1)}, ${options.batches} batches of fresh copies\n\n`,
    );
    process.stdout.write(
      '| what | CPU, git included | wall | pairs |\n| --- | --- | --- | --- |\n',
    );
    for (const [what, call] of Object.entries(calls))
      process.stdout.write(rowOf(what, await lapsOf(call, options, watch)));
  } finally {
    watch.stop();
    for (const agent of agents) await agent.stop();
    await sandbox.close();
  }
}
