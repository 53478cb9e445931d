/**
 * The key that authenticates the proof store. It is a file of this user in the state directory, and never in the store or in
 * a cache. A store that was made elsewhere carries another key's marks, so nothing in it counts.
 */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../errors.ts';
import type { Environment } from '../system/environment.ts';
import { stateDirectory } from '../system/state-directory.ts';
import { reasonOf } from '../system/system-error.ts';

const KEY_BYTES = 32;
const NAME = 'store.key';

/** Makes and checks marks under the key of this user. */
export interface StoreKey {
  /** Returns HMAC-SHA-256 over a purpose and parts. Each part is bound with its length. */
  readonly mark: (purpose: string, ...parts: readonly Uint8Array[]) => Uint8Array;
  /** Returns whether a mark is the one over this purpose and these parts. */
  readonly holds: (mark: Uint8Array, purpose: string, ...parts: readonly Uint8Array[]) => boolean;
}

/** Returns the path of the key, or undefined if the environment names no home. */
export function storeKeyPath(env: Environment): string | undefined {
  const state = stateDirectory(env);
  return state && join(state, NAME);
}

/** Returns the marks that a key makes. */
export function storeKey(secret: Uint8Array): StoreKey {
  const mark: StoreKey['mark'] = (purpose, ...parts) => {
    const hmac = createHmac('sha256', secret);
    hmac.update(`git-signet proof store 1\0${purpose}\0`);
    for (const part of parts) {
      hmac.update(`${part.length}\0`);
      hmac.update(part);
    }
    return new Uint8Array(hmac.digest());
  };
  const holds: StoreKey['holds'] = (given, ...about) =>
    given.length === KEY_BYTES && timingSafeEqual(given, mark(...about));
  return { mark, holds };
}

/** Returns why a file cannot be the key of this user, or undefined if it can. */
function unfitness(descriptor: number): string | undefined {
  const found = fstatSync(descriptor);
  const me = process.getuid?.();
  if (!found.isFile()) return 'it is not a plain file';
  if (me !== undefined && found.uid !== me) return `it belongs to user ${found.uid}`;
  if (me !== undefined && (found.mode & 0o077) !== 0)
    return `its mode is ${(found.mode & 0o777).toString(8)}, not 600`;
  return found.size === KEY_BYTES ? undefined : `it is not ${KEY_BYTES} bytes long`;
}

function readKey(path: string): Uint8Array {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const why = unfitness(descriptor);
    if (why !== undefined) throw new ConfigError(why);
    const secret = new Uint8Array(KEY_BYTES);
    if (readSync(descriptor, secret, 0, KEY_BYTES, 0) !== KEY_BYTES)
      throw new ConfigError('it cannot be read whole');
    return secret;
  } finally {
    closeSync(descriptor);
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** Makes a key whole, or not at all. If two processes come at once, both take the key of the first. */
function makeKey(path: string, directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const fresh = `${path}.${globalThis.crypto.randomUUID()}`;
  try {
    writeFileSync(fresh, randomBytes(KEY_BYTES), { mode: 0o600, flag: 'wx' });
    linkSync(fresh, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
}

/**
 * Reads the key of this user. With `make`, it makes one if there is none. Returns undefined if there is none.
 * @throws ConfigError with the path, if the file cannot be the key of this user
 */
export function loadStoreKey(env: Environment, make: boolean): StoreKey | undefined {
  const path = storeKeyPath(env);
  if (path === undefined) return undefined;
  try {
    try {
      return storeKey(readKey(path));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    if (!make) return undefined;
    makeKey(path, join(path, '..'));
    return storeKey(readKey(path));
  } catch (error) {
    if (!make && isMissing(error)) return undefined;
    throw new ConfigError(`${path}: ${reasonOf(error)}`);
  }
}

/** Removes the key. Everything that was marked with it counts no more. */
export function removeStoreKey(env: Environment): void {
  const path = storeKeyPath(env);
  if (path !== undefined) rmSync(path, { force: true });
}
