/**
 * Writes into a mirror's folder, one process at a time. A lock outlives its owner by a minute at most, and an owner that
 * waits for a slow mirror renews it. The update client gets a scratch folder, and one rename puts the new state in place.
 * If twenty processes come at once (threat T07), the first asks the mirror and the others wait for its result.
 */

import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError } from '../errors.ts';
import { systemError, systemReason } from '../system/system-error.ts';
import { rootsPath, statePath, type TrustState } from './state-file.ts';

const STALE = 60_000;
const PAUSE = 40;

async function ageOf(path: string): Promise<number> {
  try {
    return Math.abs(Date.now() - (await stat(path)).mtimeMs);
  } catch {
    return 0;
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    // the lock is empty, so even a full disk has room for it and fails later, at a file with content
    await (await open(lock, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // its owner died, and any waiting process may take the next lock
    if ((await ageOf(lock)) > STALE) await rm(lock, { force: true });
    return false;
  }
}

/**
 * Runs `work` while no other process updates this folder, and creates the folder. Waits up to `seconds`. `settled` ends
 * the waiting if the result of another process is enough. @throws ConfigError after `seconds`
 */
export async function exclusively<T>(
  directory: string,
  seconds: number,
  settled: () => Promise<T | undefined>,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lock = join(directory, 'lock');
  const until = performance.now() + seconds * 1000;
  let waited = false;
  while (!(await take(lock))) {
    waited = true;
    const found = await settled();
    if (found !== undefined) return found;
    if (performance.now() > until)
      throw new ConfigError(
        `another process has updated ${directory} for ${seconds} s without an end`,
        {
          hint: `if no such process runs: rm ${lock}`,
        },
      );
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(lock, now, now).catch(() => undefined);
  }, STALE / 4);
  try {
    return (waited ? await settled() : undefined) ?? (await work());
  } finally {
    clearInterval(beat);
    await rm(lock, { force: true });
  }
}

/** Runs `use` with a private folder and removes it afterwards, with the folders that crashed runs left. */
export async function withScratch<T>(
  directory: string,
  use: (scratch: string) => Promise<T>,
): Promise<T> {
  const left = (await readdir(directory)).filter((name) => name.startsWith('update-'));
  for (const name of left) await rm(join(directory, name), { recursive: true, force: true });
  const scratch = join(directory, `update-${globalThis.crypto.randomUUID()}`);
  await mkdir(scratch, { mode: 0o700 });
  try {
    return await use(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Writes a file as a whole or not at all, readable by its owner only. The next update removes what a killed writer leaves. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `update-${globalThis.crypto.randomUUID()}`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Turns an error of the system into one for the user. Returns undefined for any other error. */
export function notKept(directory: string, error: unknown): ConfigError | undefined {
  const reason = systemReason(error);
  if (reason === '') return undefined;
  const hint = systemError(error)?.hint;
  return new ConfigError(`the trust root cannot be kept in ${directory}: ${reason}`, { hint });
}

/** Keeps a whole state. It removes roots that were kept alone, because the state holds them. */
export async function writeState(directory: string, state: TrustState): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeWhole(statePath(directory), `${JSON.stringify(state)}\n`);
  await rm(rootsPath(directory), { force: true });
}

/** Keeps proven root metadata in order, before the mirror is asked for anything that it signs. */
export async function writeRoots(directory: string, roots: readonly string[]): Promise<void> {
  await writeWhole(rootsPath(directory), `${JSON.stringify(roots)}\n`);
}
