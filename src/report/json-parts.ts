/** Writes times and log entries as JSON. Times are RFC 3339, UTC. */

import { isoTime } from '../core/time.ts';
import type { LogEntrySummary } from '../core/verdict.ts';

/** A log entry in results. */
export interface ReportedLogEntry {
  readonly logId: string;
  readonly logIndex: string;
  readonly integratedTime?: string | undefined;
  readonly kindVersion: string;
}

/** Formats Unix seconds as RFC 3339, UTC. Returns undefined after year 9999, which RFC 3339 cannot write. */
export function rfc3339(seconds: number): string | undefined {
  if (!(Math.abs(seconds) < 253402300800)) return undefined;
  return isoTime(seconds);
}

/** Returns a log entry as results have it. */
export function logEntryOf(summary: LogEntrySummary): ReportedLogEntry {
  const { logId, logIndex, integratedTime, kindVersion } = summary;
  const time = integratedTime === undefined ? undefined : rfc3339(integratedTime);
  return { logId, logIndex, integratedTime: time, kindVersion };
}
