/**
 * The client's side of the socket: connect, read the greeting, send, receive. Every wait has a deadline. Whatever goes
 * wrong is an AgentTrouble, and the caller then signs in place.
 */

import { checkSocketPath } from '../socket-path.ts';
import { AgentTrouble } from '../wire/failure.ts';
import { encodeFrame, Inbox } from '../wire/frames.ts';
import {
  type AgentReply,
  type AgentRequest,
  type Greeting,
  ProtocolError,
} from '../wire/protocol.ts';
import { readGreeting, readReply } from '../wire/read-messages.ts';
import { openWire } from '../wire/wire.ts';
import { GREETING_SECONDS } from './patience.ts';

/** A connection on which the greeting is still to come. */
export interface DialledAgent {
  /** Comes first, and is asked for once. @throws AgentTrouble for no greeting in time, or for another program's */
  readonly greeting: () => Promise<Greeting>;
  readonly send: (request: AgentRequest) => void;
  /** Returns the next reply. @throws AgentTrouble for none in time, or for one that cannot be read */
  readonly receive: (seconds?: number) => Promise<AgentReply>;
  readonly close: () => void;
}

export interface AgentConnection extends Omit<DialledAgent, 'greeting'> {
  readonly greeting: Greeting;
}

/** Once it has greeted, the agent sends something every few seconds while it works. */
const SILENCE_SECONDS = 20;

function brokenBy(error: unknown): AgentTrouble {
  if (error instanceof AgentTrouble) return error;
  const why = error instanceof ProtocolError ? error.message : 'it is unreadable';
  return new AgentTrouble('broken', `the agent's answer cannot be read: ${why}`);
}

type Coded = Error & { readonly code?: string };

function connectTrouble(error: Coded): AgentTrouble {
  const code = error.code ?? '';
  if (['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'].includes(code)) {
    return new AgentTrouble('absent', 'no agent is running');
  }
  return ['ECONNRESET', 'EPIPE'].includes(code)
    ? ended()
    : new AgentTrouble('broken', `the agent cannot be reached (${code || error.message})`);
}

function ended(): AgentTrouble {
  return new AgentTrouble('ended', 'the agent ended before it answered');
}

const QUEUE_PAUSE_MS = 50;

/**
 * Connects. `silence`: seconds after which an agent that sends nothing is trouble.
 * @throws AgentTrouble, and ConfigError for a path that no agent may have
 */
export async function dialAgent(path: string, silence = SILENCE_SECONDS): Promise<DialledAgent> {
  checkSocketPath(path);
  const patience = Math.min(silence, GREETING_SECONDS);
  const deadline = performance.now() + patience * 1000;
  for (;;) {
    const agent = await dialOnce(path, silence, patience);
    if (agent !== undefined) return agent;
    if (performance.now() > deadline) {
      throw new AgentTrouble('broken', 'the agent accepts no connection');
    }
    await new Promise((resolve) => setTimeout(resolve, QUEUE_PAUSE_MS));
  }
}

/** Returns undefined if more clients came at once than the system lets wait at a socket (connect(2)). */
async function dialOnce(
  path: string,
  silence: number,
  patience: number,
): Promise<DialledAgent | undefined> {
  const inbox = new Inbox(Number.POSITIVE_INFINITY);
  let full = false;
  const wire = await openWire(path, {
    onData: (chunk) => inbox.take(chunk),
    onError: (error, connected) => {
      full = !connected && error.code === 'EAGAIN';
      inbox.fail(connected ? ended() : connectTrouble(error));
    },
    onClose: () => inbox.fail(ended()),
  });
  if (full) return undefined;
  if (inbox.problem !== undefined) throw inbox.problem;
  const next = async <T>(seconds: number, read: (frame: Uint8Array) => T): Promise<T> => {
    try {
      const late = new AgentTrouble('broken', `the agent did not answer in ${seconds} s`);
      return read(await inbox.next(seconds, late));
    } catch (error) {
      throw brokenBy(error);
    }
  };
  return {
    greeting: () => next(patience, readGreeting),
    send: (request) => wire.write(encodeFrame(request)),
    receive: (seconds = silence) => next(seconds, readReply),
    close: wire.destroy,
  };
}

/** Connects and reads the greeting. @throws AgentTrouble, ConfigError */
export async function connectAgent(path: string, silence?: number): Promise<AgentConnection> {
  const dialled = await dialAgent(path, silence);
  try {
    return { ...dialled, greeting: await dialled.greeting() };
  } catch (error) {
    dialled.close();
    throw error;
  }
}
