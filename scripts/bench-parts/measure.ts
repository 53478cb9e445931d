/** Whole processes, timed from outside: interleaved runs, medians, and peaks of resident memory. */

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Invocation {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: Uint8Array | string;
  /** Exit codes that count as having worked; 0 unless told. */
  readonly exits?: readonly number[];
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

/** One run with files for streams: pipes would add the measurer's own time. In milliseconds. */
function timed({ name, program, args, env, cwd, exits = [0] }: Invocation, input: string): number {
  const descriptor = openSync(input, 'r');
  try {
    const start = process.hrtime.bigint();
    const { status } = spawnSync(program, args, {
      env,
      cwd,
      stdio: [descriptor, 'ignore', 'ignore'],
    });
    const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
    if (status === null || !exits.includes(status)) throw new Error(`${name} ended with ${status}`);
    return milliseconds;
  } finally {
    closeSync(descriptor);
  }
}

/** Medians in milliseconds by name: one warm-up each, then A B C A B C …, so that drift meets all alike. */
export function interleaved(
  invocations: readonly Invocation[],
  rounds: number,
): ReadonlyMap<string, number> {
  const scratch = mkdtempSync(join(tmpdir(), 'git-signet-bench-'));
  const times = new Map<string, number[]>(invocations.map(({ name }) => [name, []]));
  try {
    for (const [index, { input = '' }] of invocations.entries()) {
      writeFileSync(join(scratch, String(index)), input);
    }
    for (let round = -1; round < rounds; round += 1) {
      for (const [index, invocation] of invocations.entries()) {
        const milliseconds = timed(invocation, join(scratch, String(index)));
        if (round >= 0) times.get(invocation.name)?.push(milliseconds);
      }
    }
  } finally {
    rmSync(scratch, { recursive: true });
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
