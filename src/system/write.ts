/** Writes all bytes to a descriptor, or fails. */

import { UsageError } from '../errors.ts';
import { nodeFs } from './node-fs.ts';
import { errorCode, pause } from './standard-input.ts';
import { systemReason } from './system-error.ts';

/** The reader of stdout has gone, so the program stops without a message and without success. */
export class OutputClosed extends Error {
  constructor() {
    super('the reader of the output has gone');
    this.name = 'OutputClosed';
  }
}

/** Returns the error for a failed write. A full disk or a closed descriptor is an error of the caller's environment. */
export function writeFailure(error: unknown, what: string): unknown {
  const code = errorCode(error);
  if (code === undefined) return error;
  if (code === 'EPIPE' || code === 'EOF') return new OutputClosed();
  return ['EBADF', 'EINVAL'].includes(code)
    ? new UsageError(`${what} is not open for writing`)
    : new UsageError(`${what} cannot be written: ${systemReason(error)}`);
}

/** Writes all bytes, and blocks while the reader is slow. Errors name the descriptor as `what`. @throws OutputClosed, UsageError */
export function writeAll(
  descriptor: number,
  chunk: string | Uint8Array,
  what = 'the output',
): void {
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk;
  const { writeSync } = nodeFs();
  let done = 0;
  // an empty chunk is written too, because that shows whether writing works
  for (let left = true; left; left = done < bytes.length) {
    try {
      done += writeSync(descriptor, bytes, done);
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') throw writeFailure(error, what);
      pause();
    }
  }
}

/** Milliseconds to wait for a descriptor that another process made non-blocking. */
const AGAIN = 2;

function writeSome(descriptor: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    nodeFs().write(descriptor, bytes, 0, bytes.length, null, (error, written) => {
      if (error === null) resolve(written);
      else if (errorCode(error) === 'EAGAIN') setTimeout(() => resolve(0), AGAIN);
      else reject(writeFailure(error, 'the output'));
    });
  });
}

/** Writes all bytes without blocking this process, for a reader that may be slow for long. @throws the same errors */
export async function writeLater(descriptor: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += await writeSome(descriptor, bytes.subarray(done));
  }
}
