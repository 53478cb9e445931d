/**
 * The agent itself: listens, serves, sweeps, and leaves: when it is told to, when nobody has asked it anything for long
 * enough, or when its socket is no longer at its place. All it knows is in memory, and goes with it (threat D20).
 */

import { rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Instance } from '../instance.ts';
import { type AgentAddress, prepareDirectory } from '../socket-path.ts';
import { channelOf } from '../wire/channel.ts';
import { payloadRoom } from '../wire/long-payload.ts';
import type { AgentState } from '../wire/protocol.ts';
import { waitingRoom } from '../wire/waiting-room.ts';
import type { AgentBackend } from './backend.ts';
import { Credentials } from './credentials.ts';
import { type Listening, listenAt, listenHandedOver, writeSecret } from './listen.ts';
import { type SessionParts, serveLocal } from './session.ts';
import { MAX_SOCKETS } from './warm-http.ts';

export interface AgentOptions {
  readonly instance: Instance;
  readonly address: AgentAddress;
  readonly backend: AgentBackend;
  readonly version: string;
  /** Seconds without a request after which it leaves. */
  readonly idle: number;
  /** Seconds that a person has for a login. */
  readonly lease: number;
  /** Log entries go along with signatures that do not embed them. */
  readonly online: boolean;
  /** The socket is there already, as descriptor 3. */
  readonly handedOver: boolean;
  /** The second socket, for forwarding; opened when the first stands. */
  readonly forward?: ForwardPlace | { readonly problem: string } | undefined;
  /** True once there is a newer program. */
  readonly outdated?: () => boolean;
  /** Called once, when clients can come. */
  readonly onReady?: (forwardProblem: string) => void;
  /** Ends the agent from outside. */
  readonly signal?: AbortSignal | undefined;
}

export interface ForwardPlace {
  readonly path: string;
  readonly serve: ForwardServe;
}

/** Serves one forwarded connection. */
export type ForwardServe = (socket: Socket, credentials: Credentials) => Promise<void>;

/**
 * Connections from other machines at a time; those beyond are closed at once, so that whoever is root there does not shut
 * this one's own clients out. Of these none is closed: they wait for their turn.
 */
const MAX_FORWARDED = 32;
const TICK_MS = 2000;
const DRAIN_MS = 10_000;
/** Seconds of idleness for an agent that holds nothing. */
const EMPTY_IDLE = 600;

/** Connections that are open, and when this machine's own last one came or went: what another machine asks is no use (threat D27). */
class Visits {
  readonly #open = new Set<Socket>();
  readonly #forwarded = new Set<Socket>();
  last = performance.now();

  takeForwarded(socket: Socket, serve: () => Promise<void>): void {
    if (this.#forwarded.size < MAX_FORWARDED) serveWhileOpen(socket, this.#forwarded, serve);
    else socket.on('error', () => undefined).destroy();
  }

  take(socket: Socket, serve: () => Promise<void>): void {
    this.last = performance.now();
    socket.on('close', () => {
      this.last = performance.now();
    });
    serveWhileOpen(socket, this.#open, serve);
  }

  /** This machine's own. */
  get count(): number {
    return this.#open.size;
  }

  /** Settles when those that are being served have had their answers, or after a while. */
  async drained(): Promise<void> {
    const deadline = performance.now() + DRAIN_MS;
    while (this.#open.size + this.#forwarded.size > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (const socket of [...this.#open, ...this.#forwarded]) socket.destroy();
  }
}

function serveWhileOpen(socket: Socket, open: Set<Socket>, serve: () => Promise<void>): void {
  socket.on('error', () => undefined);
  socket.on('close', () => open.delete(socket));
  open.add(socket);
  void serve();
}

/**
 * Runs until it ends. @throws AlreadyListening when another agent serves this instance; ConfigError for a place that
 * others can change
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { address, backend, instance } = options;
  prepareDirectory(address.directory);
  const credentials = new Credentials(backend);
  const visits = new Visits();
  const end = new AbortController();
  const startedAt = backend.now();
  let secret = '';
  let forwarding: Forwarding = { problem: '' };
  const parts: SessionParts = {
    ...options,
    credentials,
    // no more than there are connections to one server: no request's deadline may run while it waits for a connection
    turns: waitingRoom(MAX_SOCKETS),
    secret: () => secret,
    instance: instance.digest,
    pid: process.pid,
    room: payloadRoom(),
    state: () => stateOf(options, credentials, startedAt, forwarding),
    stop: () => end.abort(),
  };
  const host = {
    onListening: () => {
      secret = writeSecret(address.secretPath);
    },
    onConnection: (socket: Socket) =>
      visits.take(socket, () => serveLocal(channelOf(socket), parts)),
  };
  const listening = options.handedOver
    ? await listenHandedOver(host)
    : await listenAt(address.path, host);
  forwarding = await openForward(options, credentials, visits);
  options.signal?.addEventListener('abort', () => end.abort());
  options.onReady?.(forwarding.problem);
  await untilOver(options, { credentials, visits, listening, end });
  forwarding.listening?.close();
  // whoever has taken the place has a secret of its own there
  if (listening.stillThere()) rmSync(address.secretPath, { force: true });
  listening.close();
  await visits.drained();
  credentials.close();
}

function stateOf(
  { instance, version, idle }: AgentOptions,
  credentials: Credentials,
  startedAt: number,
  { path, problem }: Forwarding,
): AgentState {
  return {
    version,
    pid: process.pid,
    instance: instance.digest,
    settings: instance.values,
    startedAt,
    idle,
    forwardSocket: path ?? '',
    forwardProblem: problem,
    credentials: credentials.list(),
  };
}

/** The second socket, or why there is none although one is wanted. */
interface Forwarding {
  readonly listening?: Listening;
  readonly path?: string;
  readonly problem: string;
}

async function openForward(
  { forward }: AgentOptions,
  credentials: Credentials,
  visits: Visits,
): Promise<Forwarding> {
  if (forward === undefined) return { problem: '' };
  if ('problem' in forward) return forward;
  try {
    const listening = await listenAt(forward.path, {
      onConnection: (socket) =>
        visits.takeForwarded(socket, () => forward.serve(socket, credentials)),
    });
    return { listening, path: forward.path, problem: '' };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { problem: `${forward.path}: ${why}` };
  }
}

interface Running {
  readonly credentials: Credentials;
  readonly visits: Visits;
  readonly listening: Listening;
  readonly end: AbortController;
}

/** Settles when it is time to leave. The clock that is looked at stops while the machine sleeps; the sweep's does not. */
function untilOver(
  options: AgentOptions,
  { credentials, visits, listening, end }: Running,
): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clearInterval(timer);
      resolve();
    };
    const timer = setInterval(() => {
      credentials.sweep();
      const quiet = (performance.now() - visits.last) / 1000;
      const patience = credentials.size === 0 ? Math.min(options.idle, EMPTY_IDLE) : options.idle;
      const idle = visits.count === 0 && !credentials.livesSince(visits.last) && quiet >= patience;
      // what it holds would be a login more for somebody: until then it goes on with what it has loaded
      const upgraded =
        visits.count === 0 && credentials.size === 0 && options.outdated?.() === true;
      if (idle || upgraded || !listening.stillThere()) over();
    }, TICK_MS);
    if (end.signal.aborted) over();
    else end.signal.addEventListener('abort', over);
  });
}
