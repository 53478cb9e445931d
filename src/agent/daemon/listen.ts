/**
 * The agent's listening socket. The agent makes it under another name with a closed umask, and gives it its own name by a
 * hard link, which succeeds for exactly one of several starters (threats D01, D06, D16). A live socket stays, a dead one is
 * replaced, and anything else is not touched. The agent neither makes nor removes a socket that systemd handed over.
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

/** Another agent listens there already. */
export class AlreadyListening extends Error {}

export interface Listening {
  /** Returns false when the socket at the path is not this one any more. */
  readonly stillThere: () => boolean;
  /** Stops listening, and removes the socket if it is this agent's. */
  readonly close: () => void;
}

const PROBE_MS = 5000;
/** SD_LISTEN_FDS_START of sd_listen_fds(3). */
export const FIRST_DESCRIPTOR = 3;
const CLOSED_UMASK = 0o177;

/** Returns what is at a path: nothing, a socket that a process listens at, a socket that none does, or something else. */
async function occupant(path: string): Promise<'nothing' | 'live' | 'dead' | 'other'> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 'nothing';
  if (!found.isSocket()) return 'other';
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (what: 'live' | 'dead' | 'nothing'): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(what);
    };
    // a process that takes connections in silence is alive all the same
    const timer = setTimeout(() => end('live'), PROBE_MS);
    socket.on('connect', () => end('live'));
    socket.on('error', (error: Error & { readonly code?: string }) => {
      end(error.code === 'ECONNREFUSED' ? 'dead' : error.code === 'ENOENT' ? 'nothing' : 'live');
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

/** Removes a dead socket, unless another one has taken its place in the meantime. */
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
    // a third one is there: the agent of the moved one notices, and leaves
  }
  unlinkSync(aside);
}

/** Links the socket to its path. @throws AlreadyListening, ConfigError */
async function appear(made: string, path: string): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const before = identityOf(path);
    const there = await occupant(path);
    if (there === 'live') throw new AlreadyListening('an agent is running already');
    if (there === 'other') {
      throw new ConfigError(`${path} is not a socket, and was left as it is`);
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

export interface ListenHandlers {
  /** Runs when the place is this agent's, before any client can be answered. */
  readonly onListening?: () => void;
  readonly onConnection: (socket: Socket) => void;
}

function serverOf({ onConnection }: ListenHandlers): Server {
  const server = createServer({ allowHalfOpen: false }, onConnection);
  // an agent that runs out of descriptors goes on
  server.on('error', () => undefined);
  return server;
}

/** Starts with a closed umask. Nothing else runs meanwhile, because the socket is there when `listen` returns. */
function startedClosed(server: Server, path: string): Promise<void> {
  const umask = process.umask(CLOSED_UMASK);
  try {
    return started(server, { path });
  } finally {
    process.umask(umask);
  }
}

/** Listens at `path`, whose directory has been checked. @throws AlreadyListening, ConfigError */
export async function listenAt(path: string, host: ListenHandlers): Promise<Listening> {
  checkSocketPath(path);
  const server = serverOf(host);
  if (process.platform === 'win32') {
    // the system refuses a second server of the same pipe. Not tried on Windows
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
export async function listenHandedOver(host: ListenHandlers): Promise<Listening> {
  const server = serverOf(host);
  host.onListening?.();
  await started(server, { fd: FIRST_DESCRIPTOR });
  return { stillThere: () => true, close: () => void server.close() };
}

/** Writes a new secret, which each client must present, for its owner only. Returns 64 hex digits. */
export function writeSecret(path: string): string {
  const secret = randomBytes(32).toString('hex');
  const made = `${path}.${randomBytes(3).toString('hex')}`;
  writeFileSync(made, secret, { mode: 0o600, flag: 'wx' });
  renameSync(made, path);
  return secret;
}
