/** Frames: four bytes of length (big-endian), then JSON in UTF-8. Each is bounded (threat D13). */

import { utf8 } from '../../core/bytes.ts';
import {
  type AgentReply,
  type AgentRequest,
  type Greeting,
  MAX_FRAME,
  ProtocolError,
} from './protocol.ts';

/** Returns the frame of a message. @throws ProtocolError for one that is too long */
export function encodeFrame(message: AgentReply | AgentRequest | Greeting): Uint8Array {
  const json = utf8(JSON.stringify(message));
  if (json.length > MAX_FRAME) throw new ProtocolError('the message is too long');
  const frame = new Uint8Array(4 + json.length);
  new DataView(frame.buffer).setUint32(0, json.length);
  frame.set(json, 4);
  return frame;
}

/** Cuts a stream into frames. It keeps no more than one frame's bound. */
export class FrameReader {
  #chunks: Uint8Array[] = [];
  #size = 0;

  /** Returns the JSON bytes of every frame that is now complete. @throws ProtocolError for one that is too long */
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

/** The frames that have come in over one connection, for one reader. */
export class Inbox {
  readonly #frames: Uint8Array[] = [];
  readonly #reader = new FrameReader();
  readonly #most: number;
  #wake: (() => void) | undefined;
  /** Why no more frames come. Those that came before it can still be read. */
  problem: Error | undefined;

  /** `most`: frames that may wait for the reader. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes bytes in. Returns false once the stream is of no use. */
  take(chunk: Uint8Array): boolean {
    if (this.problem !== undefined) return false;
    try {
      const frames = this.#reader.push(chunk);
      if (this.#frames.length + frames.length > this.#most) {
        throw new ProtocolError('more than one message at a time');
      }
      this.#frames.push(...frames);
    } catch (error) {
      this.fail(error instanceof Error ? error : new ProtocolError('unreadable'));
    }
    this.#wake?.();
    return this.problem === undefined;
  }

  /** Ends the stream. The first reason holds. */
  fail(problem: Error): void {
    this.problem ??= problem;
    this.#wake?.();
  }

  /**
   * Returns the next frame. It must be whole within so many seconds: single bytes now and again count as silence.
   * @throws `problem`, or `late` for silence
   */
  async next(seconds: number, late: Error): Promise<Uint8Array> {
    const timer = setTimeout(() => this.fail(late), seconds * 1000);
    try {
      for (;;) {
        const frame = this.#frames.shift();
        if (frame !== undefined) return frame;
        if (this.problem !== undefined) throw this.problem;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
