/** One line from the person at the controlling terminal. Loaded only when somebody is asked. */

import { isatty, ReadStream } from 'node:tty';

/** The line without its end; undefined when input ends or `signal` aborts. The descriptor stays open. */
export function askOn(descriptor: number, signal?: AbortSignal): Promise<string | undefined> {
  if (!isatty(descriptor) || signal?.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const input = new ReadStream(descriptor);
    let typed = '';
    const finish = (answer: string | undefined) => {
      signal?.removeEventListener('abort', onAbort);
      input.removeAllListeners();
      input.pause();
      input.unref();
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
