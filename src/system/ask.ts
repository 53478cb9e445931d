/** One line from the person at the controlling terminal. Loaded only when somebody is asked. */

import { closeSync, constants, openSync, readSync } from 'node:fs';
import { ReadStream } from 'node:tty';

/**
 * Reads and drops what was typed before the question, so that an early Enter answers nothing. Raw mode makes an
 * unfinished line readable too. Windows has no reading without waiting, so there typed-ahead input stays.
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
 * Drops typed-ahead input, calls `show`, and returns the line that is typed then, without its end; undefined when input
 * ends or `signal` aborts. The device is opened anew for each question, because a stream takes its descriptor with it
 * when it ends.
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
