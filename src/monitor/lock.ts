/** Lets one monitor at a time work with a directory. A lock whose owner has died is taken over at once. */

import { readFileSync, statSync } from 'node:fs';
import { open, rename, rm, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../errors.ts';

/** Milliseconds after which the lock of a monitor on another machine counts as left. A live one renews it. */
const STALE = 60_000;

/** `PID HOST TOKEN` */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isLeft(path: string, text: string): boolean {
  const [pid = '', host] = text.split(' ');
  const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  if (Math.abs(age) > STALE) return true;
  // an empty lock belongs to a monitor that is just writing it
  return host === hostname() && /^\d+$/.test(pid) && !isAlive(Number(pid));
}

async function take(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** A lock that is held. */
export interface MonitorLock {
  /** Throws ConfigError if another monitor has taken the lock over, e.g. because this machine slept. */
  readonly check: () => void;
  readonly release: () => Promise<void>;
}

function occupied(path: string): ConfigError {
  return new ConfigError('another git signet monitor works with the same state', {
    hint: `if none runs: rm ${path}`,
  });
}

/** Takes the lock of a directory that exists. @throws ConfigError if a live monitor holds it */
export async function lockDirectory(directory: string): Promise<MonitorLock> {
  const path = join(directory, 'lock');
  const text = `${process.pid} ${hostname()} ${globalThis.crypto.randomUUID()}`;
  if (!(await take(path, text))) {
    const found = read(path);
    if (found !== undefined && !isLeft(path, found)) throw occupied(path);
    // moved and not removed, so that of two that find it left only one can take the same lock away
    const aside = `${path}-${globalThis.crypto.randomUUID()}`;
    await rename(path, aside).catch(() => undefined);
    await rm(aside, { force: true });
    if (!(await take(path, text))) throw occupied(path);
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, STALE / 4);
  beat.unref();
  const check = (): void => {
    if (read(path) !== text) throw occupied(path);
  };
  return {
    check,
    release: async () => {
      clearInterval(beat);
      if (read(path) === text) await rm(path, { force: true });
    },
  };
}
