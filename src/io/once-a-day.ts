/** Things that are said once a day at most. What cannot be remembered is not said: talk is no reason to fail. */

import type { Environment } from './config.ts';
import { markNamed } from './state-directory.ts';

const DAY = 86_400;

/** True the first time within a day, for each topic. `now` in Unix seconds. */
export function onceADay(topic: string, env: Environment, now: number): boolean {
  const mark = markNamed(`said-${topic}`, env);
  return Math.abs(now - (mark.setAt() ?? 0)) >= DAY && mark.set();
}
