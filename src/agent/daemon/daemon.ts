/**
 * The agent itself. It listens, serves and sweeps. It leaves when it is told to, when no client has asked it anything for
 * long enough, or when its socket is no longer at its place. All that it knows is in memory, and goes with it (threat D20).
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
  /** True if log entries go along with signatures, which do not embed them. */
  readonly online: boolean;
  /** True if the socket is there already, as descriptor 3. */
  readonly handedOver: boolean;
  /** The second socket, for forwarding. The agent opens it after the first. */
  readonly forward?: ForwardPlace | { readonly problem: string } | undefined;
  /** Returns true once there is a newer program. */
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

/** Serves one forwarded connection. Never rejects. */
export type ForwardServe = (socket: Socket, credentials: Credentials) => Promise<void>;

/**
 * Connections from other machines at a time. The agent closes those beyond at once, so that root of another machine does not
 * shut out this machine's clients. The agent closes none of theirs: they wait for their turn.
 */
const MAX_FORWARDED = 32;
const TICK_MS = 2000;
const DRAIN_MS = 10_000;
/** Seconds of idleness for an agent that holds nothing. */
const EMPTY_IDLE = 600;

/**
 * The open connections, and when the last one of this machine came or went. What another machine asks is no use of the
 * agent (threat D27).
 */
class Connections {
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

  /** Connections of this machine. */
  get count(): number {
    return this.#open.size;
  }

  /** Settles when the clients have had their answers, or after DRAIN_MS. */
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
 * Runs the agent until it ends. @throws AlreadyListening when another agent serves this instance, and ConfigError for a place
 * that others can change
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { address, backend, instance } = options;
  prepareDirectory(address.directory);
  const credentials = new Credentials(backend);
  const connections = new Connections();
  const end = new AbortController();
  const startedAt = backend.now();
  let secret = '';
  let forwarding: Forwarding = { problem: '' };
  const parts: SessionParts = {
    ...options,
    credentials,
    // as many as there are connections to one server: no deadline may run while a request waits for a connection
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
      connections.take(socket, () => serveLocal(channelOf(socket), parts)),
  };
  const listening = options.handedOver
    ? await listenHandedOver(host)
    : await listenAt(address.path, host);
  forwarding = await openForward(options, credentials, connections);
  options.signal?.addEventListener('abort', () => end.abort());
  options.onReady?.(forwarding.problem);
  await untilOver(options, { credentials, connections, listening, end });
  forwarding.listening?.close();
  // an agent that has taken the place has a secret of its own there
  if (listening.stillThere()) rmSync(address.secretPath, { force: true });
  listening.close();
  await connections.drained();
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

/** The second socket, or why there is none although one is configured. */
interface Forwarding {
  readonly listening?: Listening;
  readonly path?: string;
  readonly problem: string;
}

async function openForward(
  { forward }: AgentOptions,
  credentials: Credentials,
  connections: Connections,
): Promise<Forwarding> {
  if (forward === undefined) return { problem: '' };
  if ('problem' in forward) return forward;
  try {
    const listening = await listenAt(forward.path, {
      onConnection: (socket) =>
        connections.takeForwarded(socket, () => forward.serve(socket, credentials)),
    });
    return { listening, path: forward.path, problem: '' };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { problem: `${forward.path}: ${why}` };
  }
}

interface Running {
  readonly credentials: Credentials;
  readonly connections: Connections;
  readonly listening: Listening;
  readonly end: AbortController;
}

/** Settles when it is time to leave, by the clock that stops while the machine sleeps. The sweep's clock does not. */
function untilOver(
  options: AgentOptions,
  { credentials, connections, listening, end }: Running,
): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clearInterval(timer);
      resolve();
    };
    const timer = setInterval(() => {
      credentials.sweep();
      const quiet = (performance.now() - connections.last) / 1000;
      const patience = credentials.size === 0 ? Math.min(options.idle, EMPTY_IDLE) : options.idle;
      const idle =
        connections.count === 0 && !credentials.livesSince(connections.last) && quiet >= patience;
      // leaving with a login would cost its user another one: until it has none it goes on with what it has loaded
      const upgraded =
        connections.count === 0 && credentials.size === 0 && options.outdated?.() === true;
      if (idle || upgraded || !listening.stillThere()) over();
    }, TICK_MS);
    if (end.signal.aborted) over();
    else end.signal.addEventListener('abort', over);
  });
}
