/** When each log was last read to its end, for `status` and `doctor`. */

import { visible } from '../../core/escape.ts';
import { logFreshness, monitorDirectory } from '../../monitor/unexplained.ts';
import type { Settings } from '../../settings/load.ts';
import type { Invocation } from '../../system/invocation.ts';

/** A line about one log. */
export interface LastRead {
  readonly url: string;
  /** Unix seconds, or 0 for never. */
  readonly readToEnd: number;
  readonly line: string;
  /** True if it is longer ago than signet.monitorAge says, or if something was found and not told. */
  readonly late: boolean;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `3 hours ago` */
function ago(seconds: number): string {
  const [size, word] = [
    [DAY, 'day'] as const,
    [HOUR, 'hour'] as const,
    [MINUTE, 'minute'] as const,
  ].find(([each]) => seconds >= 2 * each) ?? [1, 'second'];
  const count = Math.max(0, Math.floor(seconds / size));
  return `${count} ${word}${count === 1 ? '' : 's'} ago`;
}

/** Returns a line for each log that a monitor of this machine reads. Empty if none has run. @throws ConfigError */
export function lastReads(
  { monitorAge }: Pick<Settings, 'monitorAge'>,
  { env, now }: Pick<Invocation, 'env' | 'now'>,
): readonly LastRead[] {
  const directory = monitorDirectory(env);
  if (directory === undefined) return [];
  return logFreshness({ directory }).map(({ url, how, readToEnd, untold }) => {
    const age = now() - readToEnd;
    const when = readToEnd === 0 ? 'never read to its end' : `read to its end ${ago(age)}`;
    const by = how === 'index' ? ', by its search index' : '';
    const left = untold === 0 ? '' : `, ${untold} findings that are not told yet`;
    const line = `${visible(url)} ${when}${by}${left}`;
    return { url, readToEnd, line, late: age > monitorAge || untold > 0 };
  });
}
