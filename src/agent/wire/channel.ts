/**
 * The agent's side of one connection: one message at a time, each awaited with a deadline. The agent cuts off a client that
 * sends more than was asked for, or something that is no message (threat D13).
 */

import type { Socket } from 'node:net';
import { encodeFrame, Inbox } from './frames.ts';
import type { AgentReply, AgentRequest, Greeting } from './protocol.ts';
import { readRequest } from './read-messages.ts';

/** The client has gone, or was silent for too long. */
export class ChannelEnded extends Error {}

export interface Channel {
  readonly send: (message: AgentReply | Greeting) => void;
  /** Returns the next request. @throws ChannelEnded, and ProtocolError for something that is no request */
  readonly next: (seconds: number) => Promise<AgentRequest>;
  /** Aborted with ChannelEnded when the client goes: for work that is done for it alone. */
  readonly left: AbortSignal;
  /** Sends what is under way, and ends. */
  readonly end: () => void;
}

/** Bytes. A client that reads nothing must not fill the agent's memory. */
const MAX_UNSENT = 8 * 1024 * 1024;
/** How long a client has to close its side. */
const CLOSING_MS = 1000;

/** Opens the agent's side of a connection. */
export function channelOf(socket: Socket): Channel {
  const inbox = new Inbox(1);
  const leaving = new AbortController();
  const left = leaving.signal;
  socket.on('data', (chunk: Uint8Array) => {
    if (!inbox.take(chunk)) socket.pause();
  });
  socket.on('error', () => undefined);
  for (const event of ['end', 'close']) {
    socket.on(event, () => {
      const ended = new ChannelEnded('the client has gone');
      inbox.fail(ended);
      leaving.abort(ended);
    });
  }
  return {
    left,
    send: (message) => {
      if (left.aborted) return;
      if (socket.writableLength > MAX_UNSENT) socket.destroy();
      else socket.write(encodeFrame(message));
    },
    next: async (seconds) =>
      readRequest(await inbox.next(seconds, new ChannelEnded('the client said nothing'))),
    end: () => {
      socket.end();
      setTimeout(() => socket.destroy(), CLOSING_MS).unref();
    },
  };
}
