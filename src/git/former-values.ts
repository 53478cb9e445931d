/**
 * Keeps the values of git's configuration before this program changes them, in the same file. All values are kept before
 * the first change, and a mark is written last. When the values are put back, the mark is removed first. So a killed run
 * can be repeated: without the mark nothing was changed, and with it every value was kept (threat I13).
 */

import { allValues, type ConfigPlace, type ConfigScope, replaceValues } from './config-edit.ts';

/** Keys that are changed together, and the keys that keep their former values. */
export interface ChangedKeys {
  readonly place: ConfigPlace;
  readonly scope: ConfigScope;
  readonly keys: readonly string[];
  /** The key that says that all former values are kept. */
  readonly mark: string;
  /** Returns the key that keeps the former values of `key`. */
  readonly recordOf: (key: string) => string;
}

/** Returns true if former values are kept here. @throws ConfigError */
export async function hasFormer({ place, scope, mark }: ChangedKeys): Promise<boolean> {
  return (await allValues(place, scope, mark)).length > 0;
}

/** Keeps the values of the keys, unless they are already kept. Kept values are from before the first change. @throws ConfigError */
export async function keepFormer(changed: ChangedKeys): Promise<void> {
  if (await hasFormer(changed)) return;
  const { place, scope, keys, mark, recordOf } = changed;
  const said = await Promise.all(keys.map((key) => allValues(place, scope, key)));
  for (const [index, key] of keys.entries()) {
    await replaceValues(place, scope, recordOf(key), said[index] ?? []);
  }
  await replaceValues(place, scope, mark, ['true']);
}

export interface PutBack {
  readonly key: string;
  readonly values: readonly string[];
}

/**
 * Puts the former values back and removes the record. If another program has changed a key since, so that `isOurs` does
 * not know its values, the key stays as it is. @returns the restored values, and the keys that were left. @throws ConfigError
 */
export async function putBackFormer(
  changed: ChangedKeys,
  isOurs: (key: string, values: readonly string[]) => boolean,
): Promise<{ readonly putBack: readonly PutBack[]; readonly left: readonly string[] }> {
  const { place, scope, keys, mark, recordOf } = changed;
  const putBack: PutBack[] = [];
  const left: string[] = [];
  for (const key of keys) {
    const [values, now] = [
      await allValues(place, scope, recordOf(key)),
      await allValues(place, scope, key),
    ];
    if (sameValues(now, values)) continue;
    if (isOurs(key, now) || isBegun(now, values)) {
      await replaceValues(place, scope, key, values);
      putBack.push({ key, values });
    } else if (now.length > 0) left.push(key);
  }
  await replaceValues(place, scope, mark, []);
  for (const key of keys) await replaceValues(place, scope, recordOf(key), []);
  return { putBack, left };
}

function sameValues(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((value, index) => value === others[index]);
}

/** Returns true if an earlier run was ended after the first of several values. */
function isBegun(now: readonly string[], values: readonly string[]): boolean {
  return now.length > 0 && sameValues(now, values.slice(0, now.length));
}
