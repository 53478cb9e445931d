/** One line from the person at the controlling terminal. Loaded only when somebody is asked. */

import { openSync } from 'node:fs';
import { ReadStream } from 'node:tty';

/**
 * The line without its end; undefined when input ends or `signal` aborts. The device is opened anew for each
 * question, because a stream takes its descriptor with it when it ends.
 */
export function askOn(device: string, signal?: AbortSignal): Promise<string | undefined> {
  if (signal?.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const input = new ReadStream(openSync(device, 'r+'));
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
