/** What a process costs: processor time with that of its children, and its own peak of memory, as /proc tells them. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Cost {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
  /** Processor seconds of the program and of the children that it waited for. */
  readonly cpu: number;
  /** Peak resident memory of the program itself, MiB. */
  readonly peak: number;
}

export interface Call {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input?: Uint8Array;
}

/** Of a clock tick: USER_HZ is 100 wherever Linux runs. */
const TICKS = 100;
const POLL_MS = 2;

/** Utime, stime, cutime and cstime stand behind the name in brackets, which may hold anything. */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, text) => sum + Number(text), 0) / TICKS;
}

const peakOf = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) /
  1024;

/** Runs a program to its end. Linux alone tells what it cost: elsewhere both figures are 0. */
export function costOf(program: string, { args, cwd, env, input }: Call): Promise<Cost> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let [cpu, peak] = [0, 0];
    const look = (): void => {
      try {
        const { pid = 0 } = child;
        cpu = Math.max(cpu, cpuOf(pid));
        peak = Math.max(peak, peakOf(pid));
      } catch {
        // it has ended, or there is no /proc
      }
    };
    const timer = setInterval(look, POLL_MS);
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (exit) => {
      clearInterval(timer);
      const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString();
      resolve({ exit, out: text(out), err: text(err), cpu, peak });
    });
  });
}
