/** Locks a store file from another process. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const LOCK = fileURLToPath(new URL('./lock.ts', import.meta.url));

/** Runs `work` while another process keeps all others away from a store file, or the writers among them. */
export async function whileLocked<T>(
  path: string,
  whom: 'all' | 'writers',
  work: () => Promise<T> | T,
): Promise<T> {
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const child = spawn(process.execPath, [LOCK, path, whom], { stdio: [...stdio] });
  const closed = once(child, 'close');
  try {
    await Promise.race([
      once(child.stdout ?? child, 'data'),
      closed.then(() => Promise.reject(new Error('the process ended without the lock'))),
    ]);
    return await work();
  } finally {
    child.kill('SIGKILL');
    await closed;
  }
}
