/** Chooses the marks of a time axis: at most four, at round times, each with a label of its own. All times are UTC. */

import { isoDay, utcTime } from '../core/time.ts';

export interface AxisMark {
  /** Unix seconds. */
  readonly at: number;
  readonly label: string;
}

const MOST_MARKS = 4;
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const STEPS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 4, 7, 14].map((count) => count * DAY),
];
const MONTHS: readonly number[] = [1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000, 12_000];

/** Returns what a label must say, so that no two marks have the same one. */
function labelOf(at: number, step: number, sameDay: boolean): string {
  const [day, clock] = [isoDay(at), utcTime(at).slice(11, 19)];
  if (step >= DAY) return day;
  const short = step >= MINUTE ? clock.slice(0, 5) : clock;
  return sameDay ? short : `${day.slice(5)} ${short}`;
}

/** Returns the start of the month that is `count` months after year 0. Unix seconds. */
function monthStart(count: number): number {
  const date = new Date(0);
  date.setUTCFullYear(Math.floor(count / 12), count % 12, 1);
  return date.getTime() / 1000;
}

function monthsOf(seconds: number): number {
  const date = new Date(seconds * 1000);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function marksByMonth(from: number, to: number, step: number): readonly AxisMark[] {
  const marks: AxisMark[] = [];
  const last = monthsOf(to);
  for (let count = Math.ceil(monthsOf(from) / step) * step; count <= last; count += step) {
    const at = monthStart(count);
    const label = isoDay(at).slice(0, step >= 12 ? 4 : 7);
    if (at >= from) marks.push({ at, label });
  }
  return marks;
}

/**
 * Returns the marks of an axis from `from` to `to`, both Unix seconds between the years 0 and 9999. There are at least two
 * unless both are the same second.
 */
export function axisMarks(from: number, to: number): readonly AxisMark[] {
  if (from === to) return [{ at: from, label: utcTime(from) }];
  const sameDay = isoDay(from) === isoDay(to);
  for (const step of STEPS) {
    const first = Math.ceil(from / step) * step;
    const count = Math.floor((to - first) / step) + 1;
    if (count > MOST_MARKS) continue;
    if (count < 2) break;
    const at = Array.from({ length: count }, (_, index) => first + index * step);
    return at.map((time) => ({ at: time, label: labelOf(time, step, sameDay) }));
  }
  for (const step of MONTHS) {
    const least = (monthsOf(to) - monthsOf(from)) / step;
    if (least > MOST_MARKS + 1) continue;
    const marks = marksByMonth(from, to, step);
    if (marks.length > MOST_MARKS) continue;
    if (marks.length < 2) break;
    return marks;
  }
  // no round times fit: the ends themselves
  const whole = to - from >= DAY;
  return [from, to].map((at) => ({ at, label: whole ? isoDay(at) : utcTime(at) }));
}
