/** Whole processes, timed from outside: interleaved runs, medians, and peaks of resident memory. */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Invocation {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: Uint8Array | string;
  /** Exit codes that count as having worked; 0 unless told. */
  readonly exits?: readonly number[];
  /** Gives the process pipes, as git does. */
  readonly piped?: boolean;
}

export interface Run {
  readonly milliseconds: number;
  readonly stdout: Buffer;
  /** Peak resident set of the process itself in MiB; undefined where /proc is absent. */
  readonly peakMiB: number | undefined;
}

function peakOf(pid: number | undefined): number | undefined {
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return match === null ? undefined : Number(match[1]) / 1024;
  } catch {
    return undefined;
  }
}

/** Runs once. With `watch`, the peak is read every millisecond, which costs the run some time. */
export function run(invocation: Invocation, watch = false): Promise<Run> {
  const { program, args, env, cwd, input = '', exits = [0] } = invocation;
  return new Promise((resolve, reject) => {
    const start = process.hrtime.bigint();
    const child = spawn(program, args, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const talk: Buffer[] = [];
    let peakMiB: number | undefined;
    const timer = watch
      ? setInterval(() => (peakMiB = peakOf(child.pid) ?? peakMiB), 1)
      : undefined;
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => talk.push(chunk));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code) => {
      const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
      clearInterval(timer);
      if (code === null || !exits.includes(code)) {
        reject(new Error(`${invocation.name} ended with ${code}: ${Buffer.concat(talk)}`));
      } else resolve({ milliseconds, stdout: Buffer.concat(out), peakMiB });
    });
  });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2;
}

/** What the stopwatch is told, in one line. */
export interface Started {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Path of the file that is its standard input. */
  readonly input: string;
  readonly piped?: boolean;
}

/** What it answers, in one line. */
export interface Lap {
  readonly milliseconds: number;
  /** Processor time in milliseconds, with that of the children that it waited for. */
  readonly processor: number;
  readonly exitCode: number;
}

export interface Stopwatch {
  /** Milliseconds of one whole process. */
  readonly time: (invocation: Invocation) => Promise<number>;
  readonly lap: (invocation: Invocation) => Promise<Lap>;
  readonly stop: () => void;
}

/** Starts the small process that measures (stopwatch.ts). */
export function openStopwatch(): Stopwatch {
  const { BUN } = process.env;
  if (BUN === undefined) throw new Error('run scripts/bench, which finds the runtimes');
  const scratch = mkdtempSync(join(tmpdir(), 'git-signet-bench-'));
  const watch = spawn(BUN, [join(import.meta.dirname, 'stopwatch.ts')], {
    cwd: scratch,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const laps = createInterface({ input: watch.stdout })[Symbol.asyncIterator]();
  const lap = async (invocation: Invocation): Promise<Lap> => {
    const { name, program, args, env, cwd = scratch, input = '', exits = [0] } = invocation;
    const path = join(scratch, 'input');
    writeFileSync(path, input);
    const inherited = process.env as Record<string, string>;
    const started: Started = {
      command: [program, ...args],
      env: env ?? inherited,
      cwd,
      input: path,
      piped: invocation.piped === true,
    };
    watch.stdin.write(`${JSON.stringify(started)}\n`);
    const { value, done } = await laps.next();
    if (done === true) throw new Error(`the stopwatch stopped at ${name}`);
    const taken = JSON.parse(value) as Lap;
    if (!exits.includes(taken.exitCode)) throw new Error(`${name} ended with ${taken.exitCode}`);
    return taken;
  };
  const time = async (invocation: Invocation): Promise<number> =>
    (await lap(invocation)).milliseconds;
  const stop = (): void => {
    watch.stdin.end();
    rmSync(scratch, { recursive: true });
  };
  return { time, lap, stop };
}

/** Medians in milliseconds by name: one warm-up each, then A B C A B C …, so that drift meets all alike. */
export async function interleaved(
  invocations: readonly Invocation[],
  rounds: number,
): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number[]>(invocations.map(({ name }) => [name, []]));
  const watch = openStopwatch();
  try {
    for (let round = -1; round < rounds; round += 1) {
      for (const invocation of invocations) {
        const milliseconds = await watch.time(invocation);
        if (round >= 0) times.get(invocation.name)?.push(milliseconds);
      }
    }
  } finally {
    watch.stop();
  }
  return new Map([...times].map(([name, values]) => [name, median(values)]));
}

/** Highest peak of a few watched runs, in MiB. */
export async function peak(invocation: Invocation, rounds = 5): Promise<number | undefined> {
  const peaks: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { peakMiB } = await run(invocation, true);
    if (peakMiB !== undefined) peaks.push(peakMiB);
  }
  return peaks.length === 0 ? undefined : Math.max(...peaks);
}
