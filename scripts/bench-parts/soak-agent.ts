/** The agent of a soak, seen from outside: its process, its memory, and how often it is another one. */

import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, watch } from 'node:fs';

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

/**
 * Watches the agent whose program lies in `program`: its memory, and how many there were. Each one writes its secret under a
 * name of its own in `place` first. The kernel keeps these names for a reader that is late, so that no agent is missed.
 */
export function watchAgent(
  program: string,
  place: string,
): {
  readonly agent: () => number | undefined;
  readonly stop: () => { readonly readings: readonly number[]; readonly ends: number };
} {
  const readings: number[] = [];
  const secrets = new Set<string>();
  const look = (): void => {
    try {
      const pid = agentProcess(program);
      if (pid !== undefined) readings.push(residentMiB(pid));
    } catch {
      // it has just ended
    }
  };
  mkdirSync(place, { recursive: true, mode: 0o700 });
  const starts = watch(place, (_, name) => {
    if (name !== null && /\.secret\.[0-9a-f]+$/.test(name)) secrets.add(name);
  });
  const timer = setInterval(look, 500);
  const stop = () => {
    clearInterval(timer);
    starts.close();
    return { readings, ends: secrets.size - 1 };
  };
  return { agent: () => agentProcess(program), stop };
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
