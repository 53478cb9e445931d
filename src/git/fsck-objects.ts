/**
 * Tells whether git checks incoming objects here (git-config(1), transfer.fsckObjects). `git verify-commit` gives the
 * signing program payload and signature, never the object. So only this check refuses objects that git reads in another
 * way than they were signed.
 */

import { type ConfigEntry, gitBoolean } from './config.ts';

/** The way of incoming objects: a push to this repository, or a fetch. */
export type Arrival = 'receive' | 'fetch';

/** Returns the entry that switches the check on, or undefined if it is off. The narrower key wins. */
export function fsckObjects(
  keys: ReadonlyMap<string, ConfigEntry>,
  arrival: Arrival,
): ConfigEntry | undefined {
  const entry = keys.get(`${arrival}.fsckobjects`) ?? keys.get('transfer.fsckobjects');
  return entry !== undefined && gitBoolean(entry.value) === true ? entry : undefined;
}
