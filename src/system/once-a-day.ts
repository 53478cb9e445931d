/** Things that are said once a day at most. What cannot be remembered is not said: talk is no reason to fail. */

import type { Environment } from './environment.ts';
import { markNamed } from './state-directory.ts';
import type { Terminal } from './terminal.ts';

const DAY = 86_400;

/** Where a remark is made. */
interface Occasion {
  readonly env: Environment;
  readonly terminal: Terminal;
  /** Unix seconds. */
  readonly now: () => number;
}

/**
 * Says a line at the controlling terminal the first time within a day, for each topic, and nowhere else: git keeps what
 * a verifier says on stderr (`%GG`), where it must be the same each time. Nothing is said while a pager has the screen.
 * `line` is asked for only when it is due, and gives undefined where there is nothing to say. All later talk of this
 * process goes to the terminal too.
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
