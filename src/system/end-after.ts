/** Ends this process whatever it does. */

/** Reads no module of the program, so it starts in milliseconds and needs no file of its own. */
const GUARD = `const { workerData } = require('node:worker_threads');
setTimeout(() => process.kill(process.pid, 'SIGKILL'), workerData);`;

/**
 * Kills this process after so many milliseconds, unless it has ended by then. A thread of its own does it: a write to a
 * reader that has stopped blocks the main thread, and no timer of that thread fires.
 */
export function endAfter(milliseconds: number): void {
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  new Worker(GUARD, { eval: true, workerData: milliseconds, env: {} }).unref();
}
