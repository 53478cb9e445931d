/**
 * Opens the proof store: its file in the cache, and the key of this user in the state directory. Whatever is wrong with
 * either is said once, and the run goes on without the store.
 */

import { isAbsolute, join } from 'node:path';
import { plural } from '../core/plural.ts';
import type { Environment } from '../system/environment.ts';
import { reasonOf } from '../system/system-error.ts';
import { hasSqlite, isBusy, openStoreFile, type StoreFile } from './database.ts';
import { loadStoreKey, type StoreKey } from './key.ts';
import { foreignScopes } from './scope.ts';

/** An open store: its file, and the key that marks what is in it. */
export interface OpenStore {
  readonly file: StoreFile;
  readonly key: StoreKey;
}

/** Where the store is, and how to say what is wrong with it. */
export interface StorePlace {
  readonly env: Environment;
  /** Prints one line for the user. */
  readonly say: (line: string) => void;
}

/** Returns the path of the store file, or undefined if the environment names no home. */
export function storePath(env: Environment): string | undefined {
  const { XDG_CACHE_HOME: cache, HOME: home, LOCALAPPDATA: local } = env;
  const under = (base: string | undefined, ...rest: readonly string[]): string | undefined =>
    base !== undefined && isAbsolute(base)
      ? join(base, ...rest, 'git-signet', 'store', 'proofs.db')
      : undefined;
  return under(cache) ?? under(home, '.cache') ?? under(local);
}

/** Opens the store, which is made if there is none. Returns undefined if it cannot be used, and says why. */
export function openStore({ env, say }: StorePlace): OpenStore | undefined {
  const path = storePath(env);
  // a Node.js without SQLite has no store, and that is no trouble
  if (path === undefined || !hasSqlite()) return undefined;
  let file: StoreFile | undefined;
  try {
    const key = loadStoreKey(env, true);
    if (key === undefined) return undefined;
    file = openStoreFile(path, true);
    if (file === undefined) return undefined;
    const foreign = foreignScopes(file, key);
    if (foreign > 0)
      say(
        `the proof store holds ${plural(foreign, 'part')} of another key, which count for nothing`,
      );
    return { file, key };
  } catch (error) {
    file?.close();
    say(notUsed(error));
    return undefined;
  }
}

/** Returns why the store cannot be read or written. */
export function whyNot(error: unknown): string {
  return isBusy(error) ? 'another process has locked it' : reasonOf(error);
}

/** Returns the message for a store that cannot be used. */
export function notUsed(error: unknown): string {
  const said = `the proof store is not used: ${whyNot(error)}`;
  // a new store is no help against a lock
  return isBusy(error) ? said : `${said}. To begin a new one: git signet store clear`;
}
