/**
 * The agent's side of one connection: one message at a time, each awaited with a deadline. A client that sends more
 * than was asked for, or something that is no message, is cut off (threat D13).
 */

import type { Socket } from 'node:net';
import { encodeFrame, FrameReader } from './frames.ts';
import { type Greeting, ProtocolError, type Reply, type Request } from './protocol.ts';
import { readRequest } from './read-messages.ts';

/** The client has gone, or said something that ends the conversation. */
export class ChannelEnded extends Error {}

export interface Channel {
  readonly send: (message: Reply | Greeting) => void;
  /** @throws ChannelEnded; ProtocolError for something that is no request */
  readonly next: (seconds: number) => Promise<Request>;
  /** Aborted with ChannelEnded when the client goes: for what is done on its behalf only. */
  readonly left: AbortSignal;
  /** Sends what is under way, and ends. */
  readonly end: () => void;
}

/** A client that reads nothing must not fill our memory. */
const MAX_UNSENT = 8 * 1024 * 1024;

class SocketChannel implements Channel {
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  #frame: Uint8Array | undefined;
  #problem: Error | undefined;
  #wake: (() => void) | undefined;
  readonly #left = new AbortController();
  readonly left = this.#left.signal;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Uint8Array) => this.#take(chunk));
    socket.on('error', () => undefined);
    for (const event of ['end', 'close']) socket.on(event, () => this.#over());
  }

  #take(chunk: Uint8Array): void {
    if (this.#problem !== undefined) return;
    try {
      const [first, ...more] = this.#reader.push(chunk);
      const early = first !== undefined && this.#frame !== undefined;
      if (early || more.length > 0) throw new ProtocolError('more than one request at a time');
      this.#frame ??= first;
    } catch (error) {
      this.#problem = error instanceof Error ? error : new ProtocolError('unreadable');
      this.#socket.pause();
    }
    this.#wake?.();
  }

  #over(): void {
    const ended = new ChannelEnded('the client has gone');
    this.#problem ??= ended;
    this.#left.abort(ended);
    this.#wake?.();
  }

  readonly send = (message: Reply | Greeting): void => {
    if (this.left.aborted) return;
    if (this.#socket.writableLength > MAX_UNSENT) this.#socket.destroy();
    else this.#socket.write(encodeFrame(message));
  };

  readonly next = async (seconds: number): Promise<Request> => {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      if (this.#frame !== undefined) {
        const request = readRequest(this.#frame);
        this.#frame = undefined;
        return request;
      }
      if (this.#problem !== undefined) throw this.#problem;
      const left = deadline - performance.now();
      if (left <= 0) throw new ChannelEnded('the client said nothing');
      await this.#change(left);
    }
  };

  #change(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.#wake = done;
    });
  }

  readonly end = (): void => {
    this.#socket.end();
    // a client that does not close its side is not waited for
    setTimeout(() => this.#socket.destroy(), 1000).unref();
  };
}

export function channelOf(socket: Socket): Channel {
  return new SocketChannel(socket);
}
