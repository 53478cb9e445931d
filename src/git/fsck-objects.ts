/**
 * Whether git here looks at the objects that come in (git-config(1), transfer.fsckObjects). `git verify-commit` hands a
 * signing program payload and signature, never the object, so only this keeps out what git reads otherwise than it was
 * signed.
 */

import { type ConfigEntry, gitBoolean } from './config.ts';

/** How objects come in: pushed to here, or fetched. */
export type Arrival = 'receive' | 'fetch';

/** The entry that switches the check on for what arrives; undefined where it is off. The narrower key wins. */
export function fsckObjects(
  keys: ReadonlyMap<string, ConfigEntry>,
  arrival: Arrival,
): ConfigEntry | undefined {
  const entry = keys.get(`${arrival}.fsckobjects`) ?? keys.get('transfer.fsckobjects');
  return entry !== undefined && gitBoolean(entry.value) === true ? entry : undefined;
}
