/**
 * Runs the TUF client workflow (specification 1.0.31 §5) by tuf-js, over our own HTTP client. @sigstore/tuf has a fetch
 * of its own that ignores our proxy settings, deadlines and redirect rules. tuf-js's download of targets is not used,
 * because it takes file names from the mirror (threat T02). Before metadata is kept, our own reader proves it again and
 * counts thresholds by key, not by name (threat T03).
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Fetcher, Updater } from 'tuf-js';
import { DownloadHTTPError, ExpiredMetadataError } from 'tuf-js/dist/error.js';
import { fromUtf8 } from '../core/bytes.ts';
import { AnswerError, isSignetError } from '../errors.ts';
import { refusedBy } from '../http/answers.ts';
import type { HttpSend } from '../http/message.ts';

/** The newest metadata of each role, as the mirror served it. */
export interface TufMetadataTexts {
  readonly timestamp: string;
  readonly snapshot: string;
  readonly targets: string;
}

export interface TufRequest {
  /** The mirror's address, without a trailing slash. */
  readonly url: string;
  /** For messages. */
  readonly name: string;
  readonly send: HttpSend;
  /** Root metadata that is already trusted. */
  readonly root: string;
  /** The metadata that was accepted last. Nothing older is accepted. */
  readonly last?: TufMetadataTexts | undefined;
  /** Takes each further root, in order, after the library has accepted it and before it asks for more (§5.3.8). */
  readonly newRoot: (text: string) => Promise<void>;
  /** An empty folder of the caller. */
  readonly scratch: string;
}

const ROLES = ['timestamp', 'snapshot', 'targets'] as const;
const SLACK = 4096;
/** The hint of an update that failed and left everything as it was. */
export const NOTHING_CHANGED = 'nothing was changed, and the trust root before is still in force';
const ROOT = /\/\d+\.root\.json$/;

/** Fetches a file of the mirror. @throws ServiceError. DownloadHTTPError if there is no such file */
export async function fetchMirrorFile(
  { name, send }: Pick<TufRequest, 'name' | 'send'>,
  url: string,
  limit: number,
): Promise<Uint8Array> {
  // the limit is a little larger, so that a file that is too long differs from a broken connection
  const service = `the trust mirror ${name}`;
  const hint = NOTHING_CHANGED;
  const request = { service, method: 'GET', url, hint, idempotent: true } as const;
  const answer = await send({ ...request, limit: limit + SLACK });
  const { status, body } = answer;
  if (body.length > limit)
    throw mirrorRefusal(name, new Error(`${url} is longer than ${limit} bytes`));
  if (status === 200) return body;
  const says = `${new URL(url).pathname}: HTTP ${status}`;
  // the library finds the end of a chain of roots by this error of its own
  if (status === 403 || status === 404) throw new DownloadHTTPError(says, status);
  throw refusedBy(service, url, answer);
}

function fetcherOf(request: TufRequest, failures: unknown[]): Fetcher {
  /** The root that was served last. When the library asks for more, it has accepted this one. */
  let served: string | undefined;
  return {
    downloadFile: () => Promise.reject(new Error('targets are fetched elsewhere')),
    downloadBytes: async (url, maxLength) => {
      try {
        if (served !== undefined) await request.newRoot(served);
        served = undefined;
        const bytes = await fetchMirrorFile(request, url, maxLength);
        const text = fromUtf8(bytes);
        if (text === undefined)
          throw new AnswerError('TRUST_ANSWER', `${url}: the file is not UTF-8`);
        if (ROOT.test(url)) served = text;
        return Buffer.from(bytes);
      } catch (error) {
        // the library wraps what it catches, and this keeps the real error
        if (isSignetError(error)) failures.push(error);
        throw error;
      }
    },
  };
}

/** Returns the library's refusal as an error for the user, on one line. */
export function mirrorRefusal(name: string, error: unknown): AnswerError {
  const said = error instanceof Error ? error.message : String(error);
  const line = said
    .split('\n')[0]
    ?.replace(/^Unable to load (\w+) (?:metadata )?error \w*Error: /, '$1: ');
  const frozen = error instanceof ExpiredMetadataError || /expired/i.test(said);
  return new AnswerError(
    'TRUST_ANSWER',
    `the answer of the trust mirror ${name} was refused: ${line}`,
    {
      hint: frozen
        ? 'its metadata is out of date: check your clock, and ask whether the mirror is maintained'
        : NOTHING_CHANGED,
      cause: error,
    },
  );
}

/**
 * Asks the mirror for new metadata. @throws ServiceError if it cannot be asked. AnswerError `TRUST_ANSWER` for metadata
 * that is unsigned, older than the known one, expired, or does not fit together
 */
export async function updateMetadata(request: TufRequest): Promise<TufMetadataTexts> {
  const { url, scratch, last, name } = request;
  const path = (role: string): string => join(scratch, `${role}.json`);
  await writeFile(path('root'), request.root, { mode: 0o600 });
  for (const role of last === undefined ? [] : ROLES)
    await writeFile(path(role), last?.[role] ?? '', { mode: 0o600 });
  const failures: unknown[] = [];
  try {
    const updater = new Updater({
      metadataDir: scratch,
      metadataBaseUrl: url,
      fetcher: fetcherOf(request, failures),
    });
    await updater.refresh();
  } catch (error) {
    const [failure] = failures;
    if (failure !== undefined) throw failure;
    throw mirrorRefusal(name, error);
  }
  const [timestamp = '', snapshot = '', targets = ''] = await Promise.all(
    ROLES.map((role) => readFile(path(role), 'utf8')),
  );
  return { timestamp, snapshot, targets };
}
