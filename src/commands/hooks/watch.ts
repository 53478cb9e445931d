/**
 * Watches over the time that a server's hook takes. The pusher sees nothing else meanwhile. git passes carriage returns on, and
 * in a log the parts between them run together. So progress is made of whole lines, some seconds apart.
 */

import { Refusal } from '../../core/verdict.ts';
import { UsageError } from '../../errors.ts';

const FIRST_MS = 1000;
const EVERY_MS = 5000;
/** For work that ends after its children have ended: temporary folders are removed. */
const GRACE_MS = 2000;
/** For the report behind that. A pusher who reads nothing of it must not hold the process (threat K14). */
const REPORT_MS = 8000;

/** Ten minutes. git keeps the connection alive meanwhile (receive.keepAlive), but the pusher waits and the server works. */
const LIMIT = '10m';
const MOST_SECONDS = 86400;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** The time that a hook may take. */
export interface TimeLimit {
  readonly seconds: number;
  /** As it was given. */
  readonly text: string;
}

/** Reads `--within`. @throws UsageError */
export function timeLimit(text = LIMIT): TimeLimit {
  const [, count = '', unit = ''] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  const seconds = Number(count) * (UNITS[unit] ?? Number.NaN);
  if (seconds >= 1 && seconds <= MOST_SECONDS) return { seconds, text };
  throw new UsageError(`--within ${text}: expected a time from 1s to 24h, such as 90s or 10m`);
}

/** Shows progress, and ends work that takes too long. */
export interface PushWatch {
  /** Names what is done now. It is printed as long as it takes. */
  readonly at: (what: () => string) => void;
  /** Waits for the work. @throws Refusal push-out-of-time */
  readonly within: <T>(work: Promise<T>) => Promise<T>;
}

/** Returns a watch that never speaks and never ends anything, for hooks where a person can interrupt. */
export function noWatch(): PushWatch {
  return { at: () => undefined, within: (work) => work };
}

interface WatchSettings {
  readonly limit: TimeLimit;
  readonly say: (line: string) => void;
  /** Ends what the work waits for, so that it can tidy up. */
  readonly end: () => void;
  /** Ends this process after so many milliseconds, whatever it waits for. git then refuses the push. */
  readonly endAfter: (milliseconds: number) => void;
}

/** Returns the watch of one push. */
export function watchPush({ limit, say, end, endAfter }: WatchSettings): PushWatch {
  let what = (): string => 'reading the push';
  const within = async <T>(work: Promise<T>): Promise<T> => {
    const show = (): void => {
      say(what());
      next = setTimeout(show, EVERY_MS);
    };
    let next = setTimeout(show, FIRST_MS);
    const { promise: over, resolve } = Promise.withResolvers<'over'>();
    const last = setTimeout(resolve, limit.seconds * 1000, 'over');
    endAfter(limit.seconds * 1000 + GRACE_MS + REPORT_MS);
    try {
      const result = await Promise.race([work.then((value) => ({ value })), over]);
      if (result !== 'over') return result.value;
    } finally {
      clearTimeout(next);
      clearTimeout(last);
    }
    end();
    await settled(work);
    const detail = `the push was not judged within ${limit.text}, so nothing is decided`;
    throw new Refusal('push-out-of-time', detail);
  };
  return {
    at: (now) => {
      what = now;
    },
    within,
  };
}

/** Waits until the work has ended in some way, for a short time. */
async function settled(work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const grace = setTimeout(resolve, GRACE_MS);
  const ended = (): void => resolve();
  work.then(ended, ended);
  await promise;
  clearTimeout(grace);
}
