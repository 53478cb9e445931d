/** Says in one line from which head a commit is carried, and how. Raw text. */

import type { Carried } from '../core/verdict.ts';

const HOW = {
  squash: 'squashed: its author and message are not signed',
  merge: 'merged: its author and message are not signed',
  rebase: 'rebased',
} as const;
/** Digits of a hash in the line. */
const SHORT = 7;

/** Returns where a carried commit's work comes from. The signers are not named. */
export function carriedFrom({ how, head, ref }: Carried): string {
  const place = ref === undefined ? '' : ` (${ref})`;
  return `carried from ${head.slice(0, SHORT)}${place}, ${HOW[how]}`;
}

/** Returns the signers of the commits that are carried, each by the policy's name. */
export function carriedBy({ signers }: Carried): string {
  return [...new Set(signers.map(({ name }) => name))].join(', ');
}
