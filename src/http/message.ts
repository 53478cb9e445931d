/** One request, and its answer. */

import type { Secret } from '../system/secret.ts';

export interface HttpRequest {
  /** Who is asked, for messages: `the log`, `the certificate authority`. */
  readonly service: string;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | Secret>>;
  readonly body?: Uint8Array | string | Secret;
  /** Seconds over all attempts; default the client's. */
  readonly deadline?: number;
  /** Bytes of the answer's body; default 1 MiB. */
  readonly limit?: number;
  /** Asking again after a failure changes nothing: then at most three attempts. */
  readonly idempotent?: boolean;
  /**
   * Asked over a connection made for it and closed after it: where the request may not be sent twice, or nobody could
   * tell an answer that is slow from a kept connection that somebody on the way has forgotten (threat O21).
   */
  readonly newConnection?: boolean;
  /** What to do when nobody answers. */
  readonly hint?: string;
  readonly signal?: AbortSignal | undefined;
  /** A host that is asked in plain http and past every proxy: a cloud's metadata server, which knows nothing else. */
  readonly plainHost?: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names; repeated headers joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Host and port that answered, for messages. */
  readonly host?: string;
  /** How often it was asked for; absent for once. */
  readonly attempts?: number;
}

/** Asks and answers. Any HTTP status is an answer, except a redirect. @throws ServiceError */
export type HttpSend = (request: HttpRequest) => Promise<HttpAnswer>;
