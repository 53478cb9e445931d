/** Prints remarks at most once a day. If a mark cannot be kept, the remark is not printed. */

import type { Environment } from './environment.ts';
import { markNamed } from './state-directory.ts';
import type { Terminal } from './terminal.ts';

const DAY = 86_400;

interface Occasion {
  readonly env: Environment;
  readonly terminal: Terminal;
  /** Unix seconds. */
  readonly now: () => number;
}

/**
 * Prints a line at the controlling terminal, at most once a day for each topic. It must not go to stderr, because git
 * keeps stderr (`%GG`), which must be the same each time. Nothing is printed while a pager has the screen. `line` is called
 * only if the remark is due, and returns undefined if there is nothing to say. All later lines of this process go to the
 * terminal too.
 */
export async function remarkOnceADay(
  topic: string,
  { env, terminal, now }: Occasion,
  line: () => Promise<string | undefined>,
): Promise<void> {
  if (env.GIT_PAGER_IN_USE !== undefined) return;
  const mark = markNamed(`said-${topic}`, env);
  if (Math.abs(now() - (mark.setAt() ?? 0)) < DAY || !terminal.interactive) return;
  const text = await line();
  if (!mark.set() || text === undefined) return;
  terminal.addressPerson();
  terminal.say(text);
}
