/** The agent of a soak, seen from outside: its process, its memory, and how often it is another one. */

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

function residentMiB(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return match === null ? Number.NaN : Number(match[1]) / 1024;
}

/** The process of the agent whose program lies in `folder`; undefined while there is none. */
function agentProcess(folder: string): number | undefined {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      const ours = words.some((word) => word.startsWith(folder));
      if (ours && words.at(-3) === 'agent' && words.at(-2) === 'run') return Number(name);
    } catch {
      // it has just ended
    }
  }
  return undefined;
}

/** Watches the agent's process: its memory, and how often it is another one. */
export function watchAgent(folder: string): {
  readonly agent: () => number | undefined;
  readonly stop: () => { readonly readings: readonly number[]; readonly ends: number };
} {
  const readings: number[] = [];
  const seen = new Set<number>();
  const look = (): void => {
    try {
      const pid = agentProcess(folder);
      if (pid === undefined) return;
      seen.add(pid);
      readings.push(residentMiB(pid));
    } catch {
      // it has just ended
    }
  };
  const timer = setInterval(look, 500);
  const stop = () => {
    clearInterval(timer);
    return { readings, ends: seen.size - 1 };
  };
  return { agent: () => agentProcess(folder), stop };
}

/** Ends every agent that these settings lead to. */
export function stopAgents(
  program: string,
  given: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<void> {
  return new Promise((done) => {
    const child = spawn(program, ['agent', 'stop', '--all'], { ...given, stdio: 'ignore' });
    child.on('close', () => done());
  });
}
