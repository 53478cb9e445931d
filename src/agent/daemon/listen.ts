/**
 * The agent's listening socket. It is made under another name with a closed umask, and appears at its own with one
 * hard link, which succeeds for exactly one of several starters (threats D01, D06, D16): a live socket stays, a dead
 * one is replaced, anything else is not touched. A socket that systemd handed over is never made nor removed here.
 */

import { randomBytes } from 'node:crypto';
import {
  type BigIntStats,
  linkSync,
  lstatSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { ConfigError } from '../../errors.ts';
import { checkSocketPath } from '../socket-path.ts';

/** Somebody who lives listens there already. */
export class AlreadyListening extends Error {}

export interface Listening {
  /** False when the socket at the path is not this one any more. */
  readonly stillThere: () => boolean;
  /** Stops listening, and removes the socket if it is ours. */
  readonly close: () => void;
}

const PROBE_MS = 5000;
/** SD_LISTEN_FDS_START */
export const FIRST_DESCRIPTOR = 3;
const CLOSED_UMASK = 0o177;

/** Who is at a path: nobody, a socket that somebody answers at, one that nobody does, or something else. */
async function occupant(path: string): Promise<'nobody' | 'live' | 'dead' | 'other'> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 'nobody';
  if (!found.isSocket()) return 'other';
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (what: 'live' | 'dead' | 'nobody'): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(what);
    };
    // one that takes connections and says nothing is somebody's all the same
    const timer = setTimeout(() => end('live'), PROBE_MS);
    socket.on('connect', () => end('live'));
    socket.on('error', (error: Error & { readonly code?: string }) => {
      end(error.code === 'ECONNREFUSED' ? 'dead' : error.code === 'ENOENT' ? 'nobody' : 'live');
    });
  });
}

function identityOf(path: string): string | undefined {
  const found: BigIntStats | undefined = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}:${found.mtimeNs}`;
}

function started(server: Server, where: { path: string } | { fd: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Takes a dead socket away, unless it was exchanged for another in the meantime. */
function removeDead(path: string, identity: string | undefined): void {
  const aside = `${path}.${randomBytes(3).toString('hex')}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  try {
    if (identityOf(aside) !== identity) linkSync(aside, path);
  } catch {
    // yet another one stands there: the one that was moved notices, and leaves
  }
  unlinkSync(aside);
}

/** Tries to appear at the path. @throws AlreadyListening, ConfigError */
async function appear(made: string, path: string): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const before = identityOf(path);
    const there = await occupant(path);
    if (there === 'live') throw new AlreadyListening('an agent is running already');
    if (there === 'other') {
      throw new ConfigError(`${path} is there and is no socket; it was left as it is`);
    }
    if (there === 'dead') removeDead(path, before);
    try {
      linkSync(made, path);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
  throw new AlreadyListening('others are starting at the same time');
}

export interface Host {
  /** Runs when the place is ours, before anybody can be answered. */
  readonly onListening?: () => void;
  readonly onConnection: (socket: Socket) => void;
}

function serverOf({ onConnection }: Host): Server {
  const server = createServer({ allowHalfOpen: false }, onConnection);
  // running out of descriptors is no reason to end
  server.on('error', () => undefined);
  return server;
}

/** The socket is there when `listen` returns: nothing else runs while the umask is closed. */
function startedClosed(server: Server, path: string): Promise<void> {
  const umask = process.umask(CLOSED_UMASK);
  try {
    return started(server, { path });
  } finally {
    process.umask(umask);
  }
}

/** Listens at `path`, whose directory has been checked. @throws AlreadyListening, ConfigError */
export async function listenAt(path: string, host: Host): Promise<Listening> {
  checkSocketPath(path);
  const server = serverOf(host);
  if (process.platform === 'win32') {
    // the system refuses a second server of the same pipe; untried on Windows
    await started(server, { path }).catch(() => {
      throw new AlreadyListening('an agent is running already');
    });
    host.onListening?.();
    return { stillThere: () => true, close: () => void server.close() };
  }
  const made = `${path}.${randomBytes(3).toString('hex')}`;
  checkSocketPath(made);
  await startedClosed(server, made);
  try {
    await appear(made, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    rmSync(made, { force: true });
  }
  const identity = identityOf(path);
  host.onListening?.();
  const stillThere = (): boolean => identityOf(path) === identity;
  const close = (): void => {
    server.close();
    if (stillThere()) rmSync(path, { force: true });
  };
  return { stillThere, close };
}

/** Listens at the socket that systemd hands over (sd_listen_fds(3)), and leaves it where it is. */
export async function listenHandedOver(host: Host): Promise<Listening> {
  const server = serverOf(host);
  host.onListening?.();
  await started(server, { fd: FIRST_DESCRIPTOR });
  return { stillThere: () => true, close: () => void server.close() };
}

/** Writes what a local client must present: new with each start, for its owner only. @returns 64 hex digits */
export function writeSecret(path: string): string {
  const secret = randomBytes(32).toString('hex');
  const made = `${path}.${randomBytes(3).toString('hex')}`;
  writeFileSync(made, secret, { mode: 0o600, flag: 'wx' });
  renameSync(made, path);
  return secret;
}
