/**
 * One writer at a time in a mirror's folder: a lock that outlives its owner by a minute at most (a slow mirror's owner
 * keeps it young), a scratch folder for
 * the update client, and the new state in one rename. Twenty processes may come at once (threat T07): the first asks
 * the mirror, the others wait for what it brings.
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
    // empty: a full disk has room for it, and says so where something is to be kept
    await (await open(lock, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // its owner died: whoever removes it here may still lose the race for the next one, which is fair
    if ((await ageOf(lock)) > STALE) await rm(lock, { force: true });
    return false;
  }
}

/**
 * Runs `work` while no other process updates this folder, which is made if it is not there. Waits up to `seconds`;
 * `settled` ends the waiting, when what others did meanwhile is enough. @throws ConfigError when it takes too long
 */
export async function exclusively<T>(
  directory: string,
  seconds: number,
  settled: () => T | undefined,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lock = join(directory, 'lock');
  const until = performance.now() + seconds * 1000;
  let waited = false;
  while (!(await take(lock))) {
    waited = true;
    const found = settled();
    if (found !== undefined) return found;
    if (performance.now() > until)
      throw new ConfigError(`another process updates ${directory}, and does not end`, {
        hint: `if none does: rm ${lock}`,
      });
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(lock, now, now).catch(() => undefined);
  }, STALE / 4);
  try {
    return (waited ? settled() : undefined) ?? (await work());
  } finally {
    clearInterval(beat);
    await rm(lock, { force: true });
  }
}

/** A private folder for one update, gone with it; those that crashed runs left go too. */
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

/** A file, whole or not at all, readable by its owner only. What a killed writer leaves goes with the next update. */
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

/** What the system says against keeping it, as an error for people; undefined where it is something else. */
export function notKept(directory: string, error: unknown): ConfigError | undefined {
  const reason = systemReason(error);
  if (reason === '') return undefined;
  const hint = systemError(error)?.hint;
  return new ConfigError(`the trust root cannot be kept in ${directory}: ${reason}`, { hint });
}

/** Keeps a whole state; roots that were kept alone are part of it. */
export async function writeState(directory: string, state: TrustState): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeWhole(statePath(directory), `${JSON.stringify(state)}\n`);
  await rm(rootsPath(directory), { force: true });
}

/** Keeps root metadata that proved itself, in order from the first, before anything is asked under it. */
export async function writeRoots(directory: string, roots: readonly string[]): Promise<void> {
  await writeWhole(rootsPath(directory), `${JSON.stringify(roots)}\n`);
}
