/** The client that holds a flight: it is told to log in, and the others wait for it. */

import { isSignetError } from '../../errors.ts';
import type { Login, Network } from './workshop.ts';

/** The client that would log in, if it is asked to. Rejects with HolderGone when it is there no more. */
export interface Holder {
  /** What it reaches servers through. */
  readonly network: Network;
  readonly login: () => Promise<Login>;
}

/** The client that held a flight has ended without a word, or cannot ask anybody: the next one may try. */
export class HolderGone extends Error {}

/** Failures that say nothing about what the next client could do. */
export function isHoldersOwn(error: unknown): boolean {
  return (
    error instanceof HolderGone || (isSignetError(error) && error.code === 'LOGIN_NO_TERMINAL')
  );
}
