/**
 * The client's side of the socket: connect, read the greeting, send, receive. Every wait
 * has a deadline; whatever goes wrong is an AgentTrouble, which the caller answers by signing in place.
 */

import { checkSocketPath } from '../socket-path.ts';
import { encodeFrame, FrameReader } from '../wire/frames.ts';
import { type Greeting, ProtocolError, type Reply, type Request } from '../wire/protocol.ts';
import { readGreeting, readReply } from '../wire/read-messages.ts';
import { openWire } from '../wire/wire.ts';
import { GREETING_SECONDS } from './patience.ts';

/**
 * `absent`: nobody listens; `ended`: it went in the middle, or another one has just taken its place, so it is to be asked
 * again; `broken`: somebody listens, and is of no use.
 */
export class AgentTrouble extends Error {
  readonly kind: 'absent' | 'ended' | 'broken';
  constructor(kind: AgentTrouble['kind'], message: string) {
    super(message);
    this.name = 'AgentTrouble';
    this.kind = kind;
  }
}

/** A connection on which the greeting is still to come. */
export interface DialledAgent {
  /** Comes first; to be asked for once. @throws AgentTrouble for none in time, or of something else */
  readonly greeting: () => Promise<Greeting>;
  readonly send: (request: Request) => void;
  /** The next reply. @throws AgentTrouble when none comes in time, or none that is understood */
  readonly receive: (seconds?: number) => Promise<Reply>;
  readonly close: () => void;
}

export interface AgentConnection extends Omit<DialledAgent, 'greeting'> {
  readonly greeting: Greeting;
}

/** Once it has greeted, the agent speaks up every few seconds while it works. */
const SILENCE_SECONDS = 20;

/** Frames as they come in; one reader at a time. */
class Inbox {
  readonly #frames: Uint8Array[] = [];
  readonly #reader = new FrameReader();
  trouble: AgentTrouble | undefined;
  #wake: (() => void) | undefined;

  take(chunk: Uint8Array): void {
    try {
      this.#frames.push(...this.#reader.push(chunk));
    } catch (error) {
      this.fail(brokenBy(error));
    }
    this.#wake?.();
  }

  fail(trouble: AgentTrouble): void {
    this.trouble ??= trouble;
    this.#wake?.();
  }

  /** A frame must be whole by then: one byte now and again is silence, too. */
  async next(seconds: number): Promise<Uint8Array> {
    const late = setTimeout(() => {
      this.fail(new AgentTrouble('broken', `the agent did not answer in ${seconds} s`));
    }, seconds * 1000);
    try {
      for (;;) {
        const frame = this.#frames.shift();
        if (frame !== undefined) return frame;
        if (this.trouble !== undefined) throw this.trouble;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(late);
    }
  }
}

function brokenBy(error: unknown): AgentTrouble {
  if (error instanceof AgentTrouble) return error;
  const why = error instanceof ProtocolError ? error.message : 'something unreadable';
  return new AgentTrouble('broken', `the agent's answer is not understood: ${why}`);
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
  return new AgentTrouble('ended', 'the agent ended in the middle');
}

/** More clients have come at once than the system lets wait at a socket (connect(2)). */
class Crowded extends Error {}
const CROWDED_PAUSE_MS = 50;

/** Connects; silence of so many seconds is trouble. @throws AgentTrouble, ConfigError for a path that no agent may have */
export async function dialAgent(path: string, silence = SILENCE_SECONDS): Promise<DialledAgent> {
  checkSocketPath(path);
  const patience = Math.min(silence, GREETING_SECONDS);
  const deadline = performance.now() + patience * 1000;
  for (;;) {
    try {
      return await dialOnce(path, silence, patience);
    } catch (error) {
      if (!(error instanceof Crowded)) throw error;
      if (performance.now() > deadline) throw new AgentTrouble('broken', 'the agent takes nobody');
    }
    await new Promise((resolve) => setTimeout(resolve, CROWDED_PAUSE_MS));
  }
}

async function dialOnce(path: string, silence: number, patience: number): Promise<DialledAgent> {
  const inbox = new Inbox();
  let crowded = false;
  const wire = await openWire(path, {
    onData: (chunk) => inbox.take(chunk),
    onError: (error, connected) => {
      crowded = !connected && error.code === 'EAGAIN';
      inbox.fail(connected ? ended() : connectTrouble(error));
    },
    onClose: () => inbox.fail(ended()),
  });
  if (crowded) throw new Crowded();
  if (inbox.trouble !== undefined) throw inbox.trouble;
  const next = async <T>(seconds: number, read: (frame: Uint8Array) => T): Promise<T> => {
    const frame = await inbox.next(seconds);
    try {
      return read(frame);
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
