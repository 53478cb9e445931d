/**
 * Payloads that are too long for one message. The agent asks for them part by part, so that no message grows. The memory
 * for all of them together is bounded, and a client waits for its turn (threat D29).
 */

import type { Channel } from './channel.ts';
import { MAX_PART, MAX_PAYLOAD, ProtocolError } from './protocol.ts';
import { bytesOf } from './read-messages.ts';
import { type WaitingRoom, waitingRoom } from './waiting-room.ts';

const PART_SECONDS = 20;

/** Returns memory for the payloads of one socket's clients: for two of the longest, or for more that are shorter. */
export function payloadRoom(): WaitingRoom {
  return waitingRoom(2 * MAX_PAYLOAD);
}

/**
 * Receives a payload of `size` bytes once there is room for it, and holds the room while `work` needs it.
 * @throws ProtocolError for more than MAX_PAYLOAD bytes, or for odd parts, and ChannelEnded. It also throws what `work` does
 */
export async function withLongPayload<T>(
  size: number,
  { channel, room }: { readonly channel: Channel; readonly room: WaitingRoom },
  work: (payload: Uint8Array) => Promise<T>,
): Promise<T> {
  if (size > MAX_PAYLOAD) throw new ProtocolError('the payload is too long');
  return room.hold(size, channel.left, async () => work(await receiveParts(size, channel)));
}

async function receiveParts(size: number, channel: Channel): Promise<Uint8Array> {
  const payload = new Uint8Array(size);
  for (let at = 0; at < size; ) {
    channel.send({ reply: 'part' });
    const request = await channel.next(PART_SECONDS);
    if (request.op !== 'part') throw new ProtocolError('a part of the payload was expected');
    const part = bytesOf(request.bytes);
    if (part.length !== Math.min(MAX_PART, size - at)) {
      throw new ProtocolError('a part of the payload has another length');
    }
    payload.set(part, at);
    at += part.length;
  }
  return payload;
}
