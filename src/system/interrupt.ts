/** Ctrl-C in a long run: an error of its own, so that what was drawn is erased and nothing unfinished looks finished. */

import { constants } from 'node:os';

/** Somebody ended the run; the exit code is what shells give for the signal. */
export class Interrupted extends Error {
  readonly exitCode: number;
  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super('interrupted: nothing is decided');
    this.name = 'Interrupted';
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** Waits for `work`, or until the process is asked to end. @throws Interrupted */
export async function untilInterrupted<T>(work: Promise<T>): Promise<T> {
  let stop: (signal: 'SIGINT' | 'SIGTERM') => void = () => undefined;
  const asked = new Promise<never>((_, reject) => {
    stop = (signal) => reject(new Interrupted(signal));
  });
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, stop);
  try {
    return await Promise.race([work, asked]);
  } finally {
    for (const signal of signals) process.off(signal, stop);
    // what still runs ends with the process; until then its failure is nobody's
    work.catch(() => undefined);
  }
}
