/**
 * The place of an agent's socket, and whether it can be trusted. Node gives no peer credentials, so the directory is the
 * proof: it is this user's, closed to all others, and no other user can exchange anything on the way to it. The agent checks
 * it before it listens, the client before it connects (threats D02, D04, D05, D16).
 */

import {
  accessSync,
  constants,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { ConfigError } from '../errors.ts';
import type { Settings } from '../settings/load.ts';
import type { Environment } from '../system/environment.ts';
import { dirname, isAbsolute, join, resolve } from '../system/paths.ts';
import { systemReason } from '../system/system-error.ts';

/** Bytes. The system cuts a longer path silently, and binds the socket elsewhere (trap L14). */
const MAX_SOCKET_PATH = 100;
const MAX_LINKS = 16;
/** The name of a socket while it is made. */
const LONGEST_NAME = `${'0'.repeat(20)}.sock.123456`;

export interface AgentAddress {
  /** The directory of all agents of this user. */
  readonly directory: string;
  /** The socket, or the named pipe on Windows. */
  readonly path: string;
  /** The file of the secret that a client must present. The agent writes it at each start, for its owner only. */
  readonly secretPath: string;
}

/**
 * Returns `signet.agentDirectory`, else the first place that is fit: `$XDG_RUNTIME_DIR/git-signet`, then `git-signet/run`
 * in the cache. After `su` the variable names another user's directory. Under cron and in WSL it names one that does not
 * exist. The agent then uses the next place (threat D23). @throws ConfigError
 */
export function agentDirectory(
  { agentDirectory: named }: Pick<Settings, 'agentDirectory'>,
  env: Environment,
): string {
  if (named !== undefined) {
    if (isAbsolute(named)) return resolve('/', named);
    throw new ConfigError(`signet.agentDirectory = ${named}: expected an absolute path`);
  }
  const places = placesOf(env);
  const [first] = places;
  if (first === undefined) {
    throw new ConfigError('no place for the agent: neither XDG_RUNTIME_DIR nor HOME is set');
  }
  // if none is fit, the user is told why the first is not
  return places.find((place) => unfitness(place) === undefined) ?? first;
}

/** Returns why each place before the chosen one is not fit, as a person is told. */
export function passedOver(chosen: string, env: Environment): readonly string[] {
  const places = placesOf(env);
  const before = places.slice(0, Math.max(0, places.indexOf(chosen)));
  return before.flatMap((place) => unfitness(place)?.message ?? []);
}

function placesOf({
  XDG_RUNTIME_DIR: runtime,
  XDG_CACHE_HOME: cache,
  HOME: home,
  LOCALAPPDATA: local,
}: Environment): readonly string[] {
  const usable = (path: string | undefined): path is string =>
    path !== undefined && isAbsolute(path);
  const cached = [cache, home === undefined ? undefined : join(home, '.cache'), local].find(usable);
  return [
    ...(usable(runtime) && directoryExists(runtime) ? [join(runtime, 'git-signet')] : []),
    ...(cached === undefined ? [] : [join(cached, 'git-signet', 'run')]),
  ];
}

/** Returns why no agent can have its socket there, or undefined if it can. */
function unfitness(directory: string): ConfigError | undefined {
  try {
    checkSocketPath(join(directory, LONGEST_NAME));
    if (directoryExists(directory)) checkDirectory(directory);
    else checkParent(directory);
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** Checks that this user can make the directory, where no other user can exchange it. @throws ConfigError */
function checkParent(directory: string): void {
  let above = dirname(directory);
  while (!directoryExists(above)) above = dirname(above);
  const me = process.getuid?.();
  if (me !== undefined) checkParents(above, me);
  try {
    accessSync(above, constants.W_OK | constants.X_OK);
  } catch {
    throw unsafe(directory, 'cannot be made');
  }
}

/** Returns the start of the names of an agent's files: it tells instances apart, and is short enough for a socket's path. */
export function nameOf(digest: string): string {
  return digest.slice(0, 20);
}

/** Returns the address of the agent of an instance (its digest in hex). @throws ConfigError for a path that is too long */
export function agentAddress(directory: string, digest: string): AgentAddress {
  const name = nameOf(digest);
  const secretPath = join(directory, `${name}.secret`);
  if (process.platform === 'win32')
    return { directory, path: pipeName(directory, name), secretPath };
  const path = join(directory, `${name}.sock`);
  // the agent makes it under a longer name first
  checkSocketPath(`${path}.123456`);
  return { directory, path, secretPath };
}

/**
 * Returns the name of a pipe, which is in no directory. A word in a file that only this user can read makes it a name that no
 * other user can take first (threat D17). Written for Windows, not tried there.
 */
function pipeName(directory: string, name: string): string {
  const path = join(directory, 'pipe-name');
  let word = readWord(path);
  if (word === undefined) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const made = globalThis.crypto.randomUUID();
    try {
      writeFileSync(path, made, { mode: 0o600, flag: 'wx' });
    } catch {
      // another process of this user was quicker
    }
    word = readWord(path) ?? made;
  }
  return `\\\\.\\pipe\\git-signet-${word}-${name}`;
}

function readWord(path: string): string | undefined {
  try {
    return /^[0-9a-f-]{36}$/.exec(readFileSync(path, 'utf8'))?.[0];
  } catch {
    return undefined;
  }
}

/** Checks a path. @throws ConfigError for one that the system would cut, that is not absolute, or that is no path at all */
export function checkSocketPath(path: string): void {
  const refuse = (why: string): never => {
    throw new ConfigError(`agent socket ${JSON.stringify(path)}: ${why}`);
  };
  if (process.platform === 'win32' && path.startsWith('\\\\.\\pipe\\')) return;
  if (path.startsWith('\0') || path.startsWith('@')) {
    refuse('an abstract name has neither owner nor permissions');
  }
  if (path.includes('\0') || !isAbsolute(path)) refuse('expected an absolute path');
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    refuse(`longer than ${MAX_SOCKET_PATH} bytes, so set signet.agentDirectory to a shorter one`);
  }
}

/** Makes the directory (0700) if it is missing, and checks it. @throws ConfigError */
export function prepareDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unsafe(directory, `cannot be made: ${systemReason(error)}`);
  }
  checkDirectory(directory);
}

/** Returns true if there is anything at the place of the directory. */
export function directoryExists(directory: string): boolean {
  try {
    return lstatSync(directory, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/**
 * Checks that only this user (and root) can put a socket there. Windows protects such places by access lists, which Node
 * cannot read, so a user's own application data is taken as it is.
 * @throws ConfigError that names the directory and what is wrong with it
 */
export function checkDirectory(directory: string): void {
  if (process.getuid === undefined) return;
  const me = process.getuid();
  const found = look(directory);
  if (found.isSymbolicLink()) throw unsafe(directory, 'is a link');
  if (!found.isDirectory()) throw unsafe(directory, 'is not a directory');
  if (found.uid !== me) throw unsafe(directory, `belongs to user ${found.uid}`);
  if ((found.mode & 0o077) !== 0)
    throw unsafe(directory, 'is open to others', `chmod 700 ${directory}`);
  checkParents(dirname(directory), me);
}

/**
 * Checks a path from the root down. Each directory must be this user's or root's, and writable by others only if it is
 * sticky. Links are followed one by one. @throws ConfigError
 */
export function checkParents(path: string, me: number, linksLeft = MAX_LINKS): void {
  let at = path.startsWith('/') ? '/' : '';
  const parts = path.slice(at.length).split('/').filter(Boolean);
  for (const [index, part] of parts.entries()) {
    at = join(at, part);
    const found = look(at);
    if (found.uid !== me && found.uid !== 0) throw unsafe(at, `belongs to user ${found.uid}`);
    if (found.isSymbolicLink()) {
      if (linksLeft === 0) throw unsafe(at, 'leads through too many links');
      const target = resolve(dirname(at), readlinkSync(at));
      checkParents(join(target, ...parts.slice(index + 1)), me, linksLeft - 1);
      return;
    }
    if (!closedToOthers(found)) throw unsafe(at, 'can be changed by others');
  }
}

function look(path: string): Stats {
  let found: Stats | undefined;
  try {
    found = lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const loop = error instanceof Error && 'code' in error && error.code === 'ELOOP';
    throw unsafe(path, loop ? 'leads through too many links' : 'cannot be read');
  }
  if (found === undefined) throw unsafe(path, 'does not exist');
  return found;
}

/** Returns false if others can exchange what is in it. In a sticky directory they can only add. */
function closedToOthers({ mode }: Stats): boolean {
  return (mode & 0o022) === 0 || (mode & 0o1000) !== 0;
}

function unsafe(path: string, why: string, hint?: string): ConfigError {
  return new ConfigError(`no agent there: ${path} ${why}`, { hint });
}
