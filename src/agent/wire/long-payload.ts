/**
 * Payloads that are too long for one message: the agent asks for them part by part, so that no message grows. What all
 * of them hold together is bounded, and a client waits its turn (threat D29).
 */

import { type Channel, ChannelEnded } from './channel.ts';
import { MAX_PART, MAX_PAYLOAD, ProtocolError } from './protocol.ts';
import { bytesOf } from './read-messages.ts';

/** Memory for payloads of one socket's clients. */
export interface PayloadRoom {
  /**
   * Runs `work` once there is room for `size` bytes, in the order of the clients, and gives the room back.
   * @throws ProtocolError for more than MAX_PAYLOAD bytes; ChannelEnded when the client leaves while it waits
   */
  readonly hold: <T>(size: number, left: AbortSignal, work: () => Promise<T>) => Promise<T>;
}

const ROOM = 2 * MAX_PAYLOAD;
const PART_SECONDS = 20;

interface Waiting {
  readonly size: number;
  readonly enter: () => void;
}

/** Room for two of the longest payloads, or for more that are shorter. */
export function payloadRoom(): PayloadRoom {
  let free = ROOM;
  let waiting: readonly Waiting[] = [];
  const admit = (): void => {
    for (let [first] = waiting; first !== undefined && first.size <= free; [first] = waiting) {
      waiting = waiting.slice(1);
      free -= first.size;
      first.enter();
    }
  };
  const turn = (size: number, left: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting = waiting.filter((each) => each !== me);
        admit();
        reject(new ChannelEnded('the client has gone'));
      };
      const me: Waiting = {
        size,
        enter: () => {
          left.removeEventListener('abort', leave);
          resolve();
        },
      };
      left.addEventListener('abort', leave);
      waiting = [...waiting, me];
      admit();
    });
  const hold: PayloadRoom['hold'] = async (size, left, work) => {
    if (size > MAX_PAYLOAD) throw new ProtocolError('the payload is too long');
    await turn(size, left);
    try {
      return await work();
    } finally {
      free += size;
      admit();
    }
  };
  return { hold };
}

/** Asks for each part in turn. @throws ProtocolError for one that is not as long as it should be; ChannelEnded */
export async function receivePayload(size: number, channel: Channel): Promise<Uint8Array> {
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
