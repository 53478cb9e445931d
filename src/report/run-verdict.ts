/** Says in one sentence what is true of a whole run. Pages and job summaries begin with it. */

import { grouped, many } from '../core/plural.ts';
import type { Counts } from './judged.ts';
import type { RunFacts } from './run-facts.ts';
import { STATUS_SIGNS } from './text.ts';

export interface RunVerdict {
  /** Green, red or amber. It only repeats what the sign and the words say. */
  readonly tone: 'ok' | 'bad' | 'warn';
  readonly sign: string;
  readonly words: string;
}

/**
 * Returns what is true of the whole run. It is green only if all is verified and a policy said whose signatures pass.
 * `passed` means that the exit code will be 0, and `noun` is the word for what is counted.
 */
export function runVerdict(
  counts: Counts,
  passed: boolean,
  { noun, policy }: Pick<RunFacts, 'policy'> & { readonly noun: string },
): RunVerdict {
  const all = Object.values(counts).reduce((sum, one) => sum + one, 0);
  const good = counts.verified;
  if (!passed) {
    const bad = all - good;
    const words = `${grouped(bad)} of ${many(all, noun)} ${bad === 1 ? 'is' : 'are'} not verified`;
    // what could not be checked may still be good
    return bad === counts.undecided
      ? { tone: 'warn', sign: STATUS_SIGNS.undecided[0], words }
      : { tone: 'bad', sign: STATUS_SIGNS.refused[0], words };
  }
  const are = good === 1 ? 'is' : 'are';
  if (policy === undefined) {
    const words = `${many(good, noun)} ${are} signed, but no signer was required`;
    return { tone: 'warn', sign: '!', words };
  }
  const words = `${good === 1 ? '' : 'All '}${many(good, noun)} ${are} verified`;
  return { tone: 'ok', sign: STATUS_SIGNS.verified[0], words };
}
