/**
 * `git signet log` beside a `git log` that verifies nothing, in turns. The difference is what the marks cost. What a start
 * costs, and what the signatures cost at least, stand beside it: they tell where the time goes.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from './agent-rows.ts';
import { type Invocation, interleaved } from './measure.ts';
import { historyOf } from './repositories.ts';

export interface LogOptions {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly rounds: number;
}

/** Commits, and the budget in milliseconds over git log. */
const BUDGETS = [
  [50, 60],
  [1000, 1000],
] as const;

const fixed = (value: number): string => value.toFixed(1);

/** Returns a row for each number of commits. Both programs show the same commits of one history. */
export async function logRows({
  program,
  env,
  directory,
  rounds,
}: LogOptions): Promise<readonly Row[]> {
  mkdirSync(directory);
  const history = await historyOf(join(directory, 'history'), 1000, env);
  const trusted = ['--trusted-root', history.env['SIGNET_TRUST'] ?? ''];
  const rows: Row[] = [];
  for (const [count, most] of BUDGETS) {
    const shown = (name: string, words: readonly string[]): Invocation => ({
      ...{ name, env, cwd: history.repository },
      ...{ program: name === 'git' ? 'git' : program, args: ['log', ...words] },
    });
    const times = await interleaved(
      [
        shown('git', [`-${count}`]),
        shown('none', [...trusted, '-0']),
        shown('ours', [...trusted, `-${count}`]),
        shown('json', [...trusted, '--json', `-${count}`]),
      ],
      rounds,
    );
    const of = (name: string): number => times.get(name) ?? Number.NaN;
    const over = of('ours') - of('git');
    rows.push({
      what: `\`git signet log -${count}\` over an unsigned \`git log\``,
      figure: `${fixed(over)} ms (${fixed(of('ours'))} against ${fixed(of('git'))}, a log of no commit ${fixed(of('none'))}, --json ${fixed(of('json'))})`,
      budget: `≤ ${most} ms`,
      holds: over <= most,
    });
  }
  return rows;
}
