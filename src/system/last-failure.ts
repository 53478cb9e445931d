/**
 * Keeps the last failure to sign, because git hides what its signing program says if there is no terminal. `status` and
 * `doctor` show it. One private file is replaced as a whole. It holds no secret, and nothing here throws: a failure that
 * cannot be kept must not hide the failure itself.
 */

import { withoutSecrets } from '../core/escape.ts';
import type { Environment } from './environment.ts';
import { nodeFs } from './node-fs.ts';
import { dirname, join } from './paths.ts';
import { VERSION } from './program/version.ts';
import { stateDirectory } from './state-directory.ts';

/** The kind decides what proves that the failure is over. `bug`: an error without words of this program. */
export interface LastFailure {
  readonly kind: 'usage' | 'config' | 'login' | 'service' | 'answer' | 'bug';
  readonly code: string;
  /** Raw text, as all of these are. */
  readonly message: string;
  /** '' if there is none. */
  readonly hint: string;
  /** Unix seconds. */
  readonly time: number;
  /** The version of the program that failed. */
  readonly version: string;
  /** The directory in which git started it. */
  readonly repository: string;
}

const NAME = 'last-failure.json';
const MAX_TEXT = 1000;
const MAX_FILE = 16_384;
/** Seconds after which a failure is no longer shown. */
const OLD = 30 * 86_400;
/** The kinds that one success anywhere proves to be over. Other kinds may belong to one repository. */
const EVERYWHERE: readonly LastFailure['kind'][] = ['login', 'service'];

function pathOf(env: Environment): string | undefined {
  const directory = stateDirectory(env);
  return directory && join(directory, NAME);
}

const bounded = (text: string): string => withoutSecrets(text).slice(0, MAX_TEXT);

/** Keeps a failure in place of the one before. */
export function keepFailure(failure: Omit<LastFailure, 'version'>, env: Environment): void {
  const path = pathOf(env);
  if (path === undefined) return;
  const { mkdirSync, renameSync, rmSync, writeFileSync } = nodeFs();
  const { message, hint, repository } = failure;
  const texts = { message: bounded(message), hint: bounded(hint), repository: bounded(repository) };
  const fresh = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const kept: LastFailure = { ...failure, ...texts, version: VERSION };
    writeFileSync(fresh, `${JSON.stringify(kept)}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(fresh, path);
  } catch {
    try {
      rmSync(fresh, { force: true });
    } catch {
      // what cannot be removed stays
    }
  }
}

/** Reads a small plain file of this user, without following a link and without waiting. */
function readOwn(path: string): string | undefined {
  const { closeSync, constants, fstatSync, openSync, readFileSync } = nodeFs();
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const descriptor = openSync(path, flags);
  try {
    const found = fstatSync(descriptor);
    const me = process.getuid?.() ?? found.uid;
    const ours = found.isFile() && found.uid === me && found.size <= MAX_FILE;
    return ours ? readFileSync(descriptor, 'utf8') : undefined;
  } finally {
    closeSync(descriptor);
  }
}

function read(env: Environment): LastFailure | undefined {
  try {
    const path = pathOf(env);
    const value: unknown = JSON.parse((path && readOwn(path)) ?? '');
    if (typeof value !== 'object' || value === null) return undefined;
    const found = value as Partial<Record<keyof LastFailure, unknown>>;
    const texts = ['kind', 'code', 'message', 'hint', 'version', 'repository'] as const;
    const fits = texts.every((name) => typeof found[name] === 'string');
    return fits && Number.isSafeInteger(found.time) ? (found as LastFailure) : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the failure that is kept, or undefined if there is none or if it is more than 30 days old. `now`: Unix seconds. */
export function lastFailure(env: Environment, now: number): LastFailure | undefined {
  const found = read(env);
  return found === undefined || Math.abs(now - found.time) > OLD ? undefined : found;
}

/** Removes the failure that a success in `repository` proves to be over. Without one it costs one question about a file. */
export function forgetFailure(env: Environment, repository: string | undefined): void {
  try {
    const path = pathOf(env);
    if (path === undefined) return;
    const { lstatSync, unlinkSync } = nodeFs();
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
    const found = read(env);
    const over = found === undefined || EVERYWHERE.includes(found.kind);
    if (over || found.repository === repository) unlinkSync(path);
  } catch {
    // it stays, with its time
  }
}
