/**
 * Servers in the background: each with a log and a file that says which process it is. A process is known by its number
 * and by when it started, so that a number that the system has given to another process since is left alone.
 */

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Layout } from './layout.ts';

export interface Server {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whom it runs as; only root can choose. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

type Paths = Pick<Layout, 'path'>;

const READY_SECONDS = 60;
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** When a process started, in the system's own ticks; undefined when there is none, or it is a zombie. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // the command's name may hold anything, so count from its end (proc(5))
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

const pidFile = (layout: Paths, name: string): string => layout.path('pid', name);
const logFile = (layout: Paths, name: string): string => layout.path('log', `${name}.log`);

/** The process of a server that is running; undefined when it is not. */
export function runningPid(layout: Paths, name: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(pidFile(layout, name), 'utf8');
  } catch {
    return undefined;
  }
  const [pid, started] = text.trim().split(' ');
  return pid !== undefined && startOf(Number(pid)) === started ? Number(pid) : undefined;
}

/** The end of what a server said. */
export function logTail(layout: Layout, name: string, lines = 8): string {
  try {
    const text = readFileSync(logFile(layout, name), 'utf8').trimEnd();
    return text.split('\n').slice(-lines).join('\n  ');
  } catch {
    return '(no log)';
  }
}

/** Starts a server that does not run. */
export function startServer(layout: Layout, server: Server): void {
  const log = openSync(logFile(layout, server.name), 'a', 0o600);
  const child = spawn(server.program, server.args, {
    cwd: layout.state,
    env: { PATH: process.env['PATH'], HOME: layout.state, ...server.env },
    stdio: ['ignore', log, log],
    detached: true,
    ...server.user,
  });
  closeSync(log);
  // the caller that waits for it reports the error
  child.on('error', (error) =>
    writeFileSync(logFile(layout, server.name), `${error.message}\n`, { flag: 'a' }),
  );
  child.unref();
  if (child.pid !== undefined) {
    writeFileSync(pidFile(layout, server.name), `${child.pid} ${startOf(child.pid) ?? 'gone'}\n`);
  }
}

/** Waits until `ready` says so. @throws Error with the tail of the log when the server ends, or takes over a minute */
export async function untilReady(
  layout: Layout,
  name: string,
  ready: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + READY_SECONDS * 1000;
  while (!(await ready())) {
    const ended = runningPid(layout, name) === undefined;
    if (ended || Date.now() > deadline) {
      // its last words may still be on their way
      await pause(50);
      const why = ended ? 'ended' : `did not answer within ${READY_SECONDS} s`;
      throw new Error(
        `${name} ${why}; the end of ${logFile(layout, name)}:\n  ${logTail(layout, name)}`,
      );
    }
    await pause(50);
  }
}

/** True when the address answers with success. */
export async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

/** Ends these servers, all at once: asked first, forced after `seconds`. Those that had to be forced. */
export async function stopServers(
  layout: Layout,
  names: readonly string[],
  { signal = 'SIGTERM', seconds = 3 }: { signal?: NodeJS.Signals; seconds?: number } = {},
): Promise<readonly string[]> {
  const running = (): readonly string[] => names.filter((name) => runningPid(layout, name));
  const send = (name: string, what: NodeJS.Signals): void => {
    const pid = runningPid(layout, name);
    try {
      if (pid !== undefined) process.kill(pid, what);
    } catch {
      // gone between look and signal
    }
  };
  for (const name of running()) {
    send(name, signal);
    // one that was stopped would not hear it
    send(name, 'SIGCONT');
  }
  const deadline = Date.now() + seconds * 1000;
  while (running().length > 0 && Date.now() < deadline) await pause(50);
  const stubborn = running();
  for (const name of stubborn) send(name, 'SIGKILL');
  while (running().length > 0) await pause(20);
  for (const name of names) rmSync(pidFile(layout, name), { force: true });
  return stubborn;
}
