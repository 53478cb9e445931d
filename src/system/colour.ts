/** Decides about colour in one place, and paints. A colour only repeats what the words say. */

import type { Environment } from './environment.ts';

export interface ColourQuestion {
  readonly env: Environment;
  /** True if the output is a terminal, or a pager that shows it on one. */
  readonly seen: boolean;
  /** git's `color.ui`, or undefined if it is not set. */
  readonly ui?: string | undefined;
}

const isOn = (value: string | undefined): boolean =>
  value !== undefined && value !== '' && value !== '0';

/**
 * Returns whether the output is coloured. The first answer counts: NO_COLOR (no-color.org), CLICOLOR_FORCE, `color.ui`,
 * CLICOLOR=0 (bixense.com/clicolors), TERM=dumb, and at last whether the output is a terminal.
 */
export function wantsColour({ env, seen, ui }: ColourQuestion): boolean {
  const { NO_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM } = env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (isOn(CLICOLOR_FORCE)) return true;
  const wanted = ui?.toLowerCase();
  if (wanted === 'always') return true;
  if (wanted !== undefined && ['never', 'false', 'no', 'off', '0', ''].includes(wanted)) {
    return false;
  }
  return CLICOLOR !== '0' && TERM !== 'dumb' && seen;
}

/** What a colour repeats. */
export type Tone = 'good' | 'bad' | 'careful' | 'label';

const CODES: Readonly<Record<Tone, number>> = { good: 32, bad: 31, careful: 33, label: 1 };

export type Paint = (tone: Tone, text: string) => string;

/** Returns a function that paints, or one that leaves every text as it is. */
export function painter(colour: boolean): Paint {
  return (tone, text) => (colour ? `\x1b[${CODES[tone]}m${text}\x1b[0m` : text);
}
