/** Reads standard input, blocking, because git and its hooks write all of it before they wait for an answer. */

import { UsageError } from '../errors.ts';
import { nodeFs } from './node-fs.ts';

const STDIN = 0;
const CHUNK = 64 * 1024;

/** Returns the system's code of an error, such as EAGAIN. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** Waits a moment, for a descriptor that another process made non-blocking. */
export function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
}

/** Reads the next bytes. Empty at the end. */
function readSome(buffer: Buffer, descriptor = STDIN): Buffer {
  const { readSync } = nodeFs();
  for (;;) {
    try {
      return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, null));
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EAGAIN') pause();
      else if (code === 'EOF') return buffer.subarray(0, 0);
      else throw error;
    }
  }
}

/** Reads up to `limit` bytes of standard input, or of another descriptor. */
export function readUpTo(limit: number, descriptor = STDIN): Uint8Array {
  let buffer = Buffer.allocUnsafe(CHUNK);
  let total = 0;
  while (total < limit) {
    const { length } = readSome(buffer.subarray(total, limit), descriptor);
    if (length === 0) break;
    total += length;
    if (total === buffer.length) buffer = Buffer.concat([buffer], 2 * total);
  }
  return buffer.subarray(0, total);
}

/** Reads all of standard input. @throws UsageError if it is longer than `limit` bytes */
export function readInput(limit: number): Uint8Array {
  const input = readUpTo(limit + 1);
  if (input.length <= limit) return input;
  throw new UsageError(`standard input is longer than ${limit} bytes`);
}

/** Reads standard input line by line, without line ends. */
export async function* inputLines(): AsyncGenerator<string> {
  let rest = '';
  const decoder = new TextDecoder();
  for (;;) {
    const chunk = readSome(Buffer.allocUnsafe(CHUNK));
    const lines = (rest + decoder.decode(chunk, { stream: chunk.length > 0 })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (chunk.length === 0) break;
  }
  if (rest !== '') yield rest;
}
