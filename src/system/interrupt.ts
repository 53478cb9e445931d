/** Handles Ctrl-C in a long run as an error, so that the progress line is erased and no partial result looks complete. */

import { constants } from 'node:os';

/** A signal that asks a process to end. */
export type EndingSignal = 'SIGINT' | 'SIGTERM';

/** The user interrupted the run. The exit code is 128 plus the signal's number, as in shells. */
export class Interrupted extends Error {
  readonly exitCode: number;
  /** `message`: empty if there is nothing to say, because the user sees what was interrupted. */
  constructor(signal: 'SIGINT' | 'SIGTERM', message = 'interrupted, so nothing is decided') {
    super(message);
    this.name = 'Interrupted';
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** Waits for `work`, or for SIGINT or SIGTERM. @throws Interrupted, with this message */
export async function untilInterrupted<T>(work: Promise<T>, message?: string): Promise<T> {
  let stop: (signal: 'SIGINT' | 'SIGTERM') => void = () => undefined;
  const asked = new Promise<never>((_, reject) => {
    stop = (signal) => reject(new Interrupted(signal, message));
  });
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, stop);
  try {
    return await Promise.race([work, asked]);
  } finally {
    for (const signal of signals) process.off(signal, stop);
    // the rest of the work ends with the process, and its failure no longer matters
    work.catch(() => undefined);
  }
}

/** Waits for a signal that asks this process to end, until `release`. */
export function endingSignal(): {
  readonly asked: Promise<EndingSignal>;
  readonly release: () => void;
} {
  const { promise, resolve } = Promise.withResolvers<EndingSignal>();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, resolve);
  const release = (): void => {
    for (const signal of signals) process.off(signal, resolve);
  };
  return { asked: promise, release };
}

/** Ends this process by the signal itself. An exit would wait for a write that no reader takes. */
export async function endBySignal(signal: EndingSignal): Promise<never> {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  return new Promise(() => undefined);
}
