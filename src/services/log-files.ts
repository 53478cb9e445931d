/** Reads a tiled log whose files are on this machine: its operator's own storage, or a copy of it. */

import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ServiceError } from '../errors.ts';
import type { HttpAnswer, HttpSend } from '../http/message.ts';
import { systemReason } from '../system/system-error.ts';

/** Reads a file as an answer. A file that is not there is a 404, as on a server. @throws ServiceError */
function answerFrom(url: string, limit: number): HttpAnswer {
  const path = fileURLToPath(url);
  try {
    // at once, because four steps through the thread pool cost as much as hashing the entries
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() !== true) return { status: 404, headers: {}, body: new Uint8Array() };
    if (found.size > limit) throw new ServiceError('SERVICE_ANSWER', `${path} is too long`);
    return { status: 200, headers: {}, body: readFileSync(path) };
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw new ServiceError('SERVICE_UNREACHABLE', `${path}: ${systemReason(error)}`);
  }
}

/** Returns `send` with addresses of files added, which are read. */
export function sendOrRead(send: HttpSend): HttpSend {
  return async (request) =>
    request.url.startsWith('file:')
      ? answerFrom(request.url, request.limit ?? 1024 * 1024)
      : send(request);
}
