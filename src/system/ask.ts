/** Reads one line from the user at the controlling terminal. Loaded only for a question. */

import { closeSync, constants, openSync, readSync } from 'node:fs';
import { ReadStream } from 'node:tty';

/**
 * Reads and drops what was typed before the question, so that an early Enter answers nothing. In raw mode an unfinished
 * line can be read too. On Windows every read waits, so typed-ahead input stays there.
 */
function dropTypedAhead(device: string, input: ReadStream): void {
  if (process.platform === 'win32') return;
  const pending = openSync(device, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    input.setRawMode(true);
    const bytes = Buffer.alloc(4096);
    while (readSync(pending, bytes) > 0);
  } catch {
    // EAGAIN: nothing is left
  } finally {
    input.setRawMode(false);
    closeSync(pending);
  }
}

/**
 * Drops typed-ahead input, calls `show`, and returns the line that is typed then, without its end, or undefined if the input
 * ends or `signal` aborts. The device is opened for each question, because a stream closes its descriptor when it ends.
 */
export function askOn(
  device: string,
  show: () => void,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (signal?.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const input = new ReadStream(openSync(device, 'r+'));
    dropTypedAhead(device, input);
    show();
    let typed = '';
    const finish = (answer: string | undefined) => {
      signal?.removeEventListener('abort', onAbort);
      input.removeAllListeners();
      input.on('error', () => undefined);
      input.destroy();
      resolve(answer);
    };
    const onAbort = () => finish(undefined);
    signal?.addEventListener('abort', onAbort);
    input.setEncoding('utf8');
    input.on('data', (chunk: string) => {
      typed += chunk;
      const end = typed.indexOf('\n');
      if (end >= 0) finish(typed.slice(0, end).replace(/\r$/, ''));
    });
    input.on('end', () => finish(undefined));
    input.on('error', () => finish(undefined));
  });
}
