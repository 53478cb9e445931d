/**
 * What git's configuration said before this program changed it, kept in the same file until it is put back. Everything is
 * kept before the first change, and a mark comes last; on the way back the mark goes first. So a run that is killed
 * anywhere can be run again: without the mark nothing has been changed, with it everything has been kept (threat I13).
 */

import { allValues, type ConfigPlace, type ConfigScope, replaceValues } from './config-edit.ts';

/** The keys that are changed together, and where their former values are kept. */
export interface ChangedKeys {
  readonly place: ConfigPlace;
  readonly scope: ConfigScope;
  readonly keys: readonly string[];
  /** The key that says that all of them are kept. */
  readonly mark: string;
  /** The key that keeps what `key` said. */
  readonly recordOf: (key: string) => string;
}

/** Whether former values are kept here. @throws ConfigError */
export async function hasFormer({ place, scope, mark }: ChangedKeys): Promise<boolean> {
  return (await allValues(place, scope, mark)).length > 0;
}

/** Keeps what the keys say, once: what is kept already was there before the first change. @throws ConfigError */
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
 * Puts back what the keys said and forgets it. A key that somebody else has changed since, so that `isOurs` does not know
 * its values, is left as it is. @returns what was put back, and which keys were left. @throws ConfigError
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

/** An earlier run was ended after the first of several values. */
function isBegun(now: readonly string[], values: readonly string[]): boolean {
  return now.length > 0 && sameValues(now, values.slice(0, now.length));
}
