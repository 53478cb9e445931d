/**
 * Where an agent's socket lies, and whether that place can be trusted. There are no peer credentials in Node, so the
 * directory is the proof: ours, closed to all others, with nothing on the way that somebody else could exchange.
 * The agent checks it before it listens, the client before it connects (threats D02, D04, D05, D16).
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
import { dirname, isAbsolute, join, parse, resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import type { Settings } from '../settings/load.ts';
import type { Environment } from '../system/environment.ts';
import { systemReason } from '../system/system-error.ts';

/** Longer paths are cut by the system, silently, and bound elsewhere (trap L14). */
export const MAX_SOCKET_PATH = 100;
const MAX_LINKS = 16;
/** Of a socket, which is made under a longer name first. */
const LONGEST_NAME = `${'0'.repeat(20)}.sock.123456`;

export interface AgentPlace {
  /** The directory of all agents of this user. */
  readonly directory: string;
}

export interface AgentAddress {
  readonly directory: string;
  /** The socket, or the named pipe on Windows. */
  readonly path: string;
  /** Holds what a local client must present; written at each start, readable by its owner only. */
  readonly secretPath: string;
}

/**
 * `signet.agentDirectory`, else the first place that is fit: `$XDG_RUNTIME_DIR/git-signet`, then `git-signet/run` in the
 * cache. After `su` the variable names another user's directory, under cron and in WSL one that nobody made: an agent that
 * cannot be there is no reason to have none (threat D23). @throws ConfigError
 */
export function agentDirectory(
  { agentDirectory: named }: Pick<Settings, 'agentDirectory'>,
  env: Environment,
): string {
  if (named !== undefined) {
    if (isAbsolute(named)) return resolve(named);
    throw new ConfigError(`signet.agentDirectory = ${named}: expected an absolute path`);
  }
  const places = placesOf(env);
  const [first] = places;
  if (first === undefined) {
    throw new ConfigError('no place for the agent: neither XDG_RUNTIME_DIR nor HOME is set');
  }
  // where none is fit, the first one's reason is told
  return places.find((place) => unfitness(place) === undefined) ?? first;
}

/** Places that were passed over because they are not fit, with the reason, as a person is told. */
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

/** Why no agent can have its socket there; undefined where it can. */
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

/** The directory can be made, by this user, where nobody else can exchange it. @throws ConfigError */
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

/** What an agent's files begin with: enough of the digest to tell instances apart, short enough for a socket's path. */
export function nameOf(digest: string): string {
  return digest.slice(0, 20);
}

/** The address of the agent of an instance (its digest in hex). @throws ConfigError for a path that is too long */
export function agentAddress(directory: string, digest: string): AgentAddress {
  const name = nameOf(digest);
  const secretPath = join(directory, `${name}.secret`);
  if (process.platform === 'win32')
    return { directory, path: pipeName(directory, name), secretPath };
  const path = join(directory, `${name}.sock`);
  // it is made under a longer name first
  checkSocketPath(`${path}.123456`);
  return { directory, path, secretPath };
}

/**
 * Named pipes lie in no directory: what only this user can read makes the name one that nobody else can take first
 * (threat D17). Written for Windows, untried there.
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
      // somebody of this user was quicker
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

/** @throws ConfigError for a path that the system would cut, that is not absolute, or that is no path at all */
export function checkSocketPath(path: string): void {
  const refuse = (why: string): never => {
    throw new ConfigError(`agent socket ${JSON.stringify(path)}: ${why}`);
  };
  if (process.platform === 'win32' && path.startsWith('\\\\.\\pipe\\')) return;
  if (path.startsWith('\0') || path.startsWith('@')) {
    refuse('an abstract name has no owner and no permissions');
  }
  if (path.includes('\0') || !isAbsolute(path)) refuse('expected an absolute path');
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    refuse(`longer than ${MAX_SOCKET_PATH} bytes; set signet.agentDirectory to a shorter one`);
  }
}

/** Makes the directory where it is missing (0700), and checks it. @throws ConfigError */
export function prepareDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unsafe(directory, `cannot be made: ${systemReason(error)}`);
  }
  checkDirectory(directory);
}

/** True when there is something at the place of the directory. */
export function directoryExists(directory: string): boolean {
  try {
    return lstatSync(directory, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/**
 * Holds when nobody but this user (and root) can put a socket there. Windows keeps such places by access lists, which
 * Node cannot read: a user's own application data is taken as it is.
 * @throws ConfigError saying which directory is open to whom
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

/** From the root down: each one ours or root's, and not writable by others unless sticky; links are followed by hand. */
export function checkParents(path: string, me: number, linksLeft = MAX_LINKS): void {
  let at = parse(path).root;
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
    throw unsafe(path, loop ? 'leads through too many links' : 'cannot be looked at');
  }
  if (found === undefined) throw unsafe(path, 'does not exist');
  return found;
}

/** In a sticky directory others can add, but not exchange what is ours. */
function closedToOthers({ mode }: Stats): boolean {
  return (mode & 0o022) === 0 || (mode & 0o1000) !== 0;
}

function unsafe(path: string, why: string, hint?: string): ConfigError {
  return new ConfigError(`no agent there: ${path} ${why}`, { hint });
}
