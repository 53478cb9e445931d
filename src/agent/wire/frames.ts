/** Frames of four bytes of length (big-endian) and JSON in UTF-8, bounded (threat D13). */

import { utf8 } from '../../core/bytes.ts';
import { type Greeting, MAX_FRAME, ProtocolError, type Reply, type Request } from './protocol.ts';

/** The frame of a message. */
export function encodeFrame(message: Reply | Request | Greeting): Uint8Array {
  const json = utf8(JSON.stringify(message));
  if (json.length > MAX_FRAME) throw new ProtocolError('the message is too long');
  const frame = new Uint8Array(4 + json.length);
  new DataView(frame.buffer).setUint32(0, json.length);
  frame.set(json, 4);
  return frame;
}

/** Cuts a stream into frames; nothing is kept beyond one frame's bound. */
export class FrameReader {
  #chunks: Uint8Array[] = [];
  #size = 0;

  /** The JSON bytes of every frame that is now complete. @throws ProtocolError for one that is too long */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const frames: Uint8Array[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): Uint8Array | undefined {
    if (this.#size < 4) return undefined;
    const first = this.#chunks[0];
    const head =
      first !== undefined && first.length >= 4
        ? Buffer.from(first.buffer, first.byteOffset, 4)
        : this.#joined();
    const length = head.readUInt32BE(0);
    if (length > MAX_FRAME) throw new ProtocolError('a frame is too long');
    if (this.#size < 4 + length) return undefined;
    const all = this.#joined();
    const rest = all.subarray(4 + length);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#size = rest.length;
    return all.subarray(4, 4 + length);
  }

  #joined(): Buffer {
    const [only] = this.#chunks;
    const all =
      this.#chunks.length === 1 && only !== undefined
        ? Buffer.from(only.buffer, only.byteOffset, only.length)
        : Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }
}
