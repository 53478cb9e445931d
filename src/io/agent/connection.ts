/**
 * The client's side of the socket: connect, read the greeting, send, receive. Every wait
 * has a deadline; whatever goes wrong is an AgentTrouble, which the caller answers by signing in place.
 */

import { encodeFrame, FrameReader } from './frames.ts';
import { type Greeting, ProtocolError, type Reply, type Request } from './protocol.ts';
import { readGreeting, readReply } from './read-messages.ts';
import { checkSocketPath } from './socket-path.ts';
import { openWire } from './wire.ts';

/** `absent`: nobody listens; `broken`: somebody does, and it is of no use. */
export class AgentTrouble extends Error {
  readonly kind: 'absent' | 'broken';
  constructor(kind: 'absent' | 'broken', message: string) {
    super(message);
    this.name = 'AgentTrouble';
    this.kind = kind;
  }
}

export interface AgentConnection {
  readonly greeting: Greeting;
  readonly send: (request: Request) => void;
  /** The next reply. @throws AgentTrouble when none comes in time, or none that is understood */
  readonly receive: (seconds?: number) => Promise<Reply>;
  readonly close: () => void;
}

/** The agent greets at once and speaks up every few seconds while it works. */
const SILENCE_SECONDS = 20;

/** Frames as they come in; one reader at a time. */
class Inbox {
  readonly #frames: Uint8Array[] = [];
  readonly #reader = new FrameReader();
  #trouble: AgentTrouble | undefined;
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
    this.#trouble ??= trouble;
    this.#wake?.();
  }

  async next(seconds: number): Promise<Uint8Array> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      if (this.#trouble !== undefined) throw this.#trouble;
      await this.#change(seconds);
    }
  }

  #change(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.fail(new AgentTrouble('broken', `the agent did not answer in ${seconds} s`));
      }, seconds * 1000);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

function brokenBy(error: unknown): AgentTrouble {
  if (error instanceof AgentTrouble) return error;
  const why = error instanceof ProtocolError ? error.message : 'something unreadable';
  return new AgentTrouble('broken', `the agent's answer is not understood: ${why}`);
}

function connectTrouble(error: Error & { readonly code?: string }): AgentTrouble {
  const absent = ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'].includes(error.code ?? '');
  return absent
    ? new AgentTrouble('absent', 'no agent is running')
    : new AgentTrouble('broken', `the agent cannot be reached (${error.code ?? error.message})`);
}

function ended(): AgentTrouble {
  return new AgentTrouble('broken', 'the agent ended in the middle');
}

/** Connects and reads the greeting; silence of so many seconds is trouble. @throws AgentTrouble, ConfigError for a path that no agent may have */
export async function connectAgent(
  path: string,
  silence = SILENCE_SECONDS,
): Promise<AgentConnection> {
  checkSocketPath(path);
  const inbox = new Inbox();
  const wire = await openWire(path, {
    onData: (chunk) => inbox.take(chunk),
    onError: (error, connected) => inbox.fail(connected ? ended() : connectTrouble(error)),
    onClose: () => inbox.fail(ended()),
  });
  const close = wire.destroy;
  try {
    const greeting = readGreeting(await inbox.next(silence));
    return {
      greeting,
      send: (request) => wire.write(encodeFrame(request)),
      receive: async (seconds = silence) => {
        const frame = await inbox.next(seconds);
        try {
          return readReply(frame);
        } catch (error) {
          throw brokenBy(error);
        }
      },
      close,
    };
  } catch (error) {
    close();
    throw brokenBy(error);
  }
}
