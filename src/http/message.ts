/** A request to a service, and its answer. */

import type { Secret } from '../system/secret.ts';

export interface HttpRequest {
  /** The service's name in messages: `the log`, `the certificate authority`. */
  readonly service: string;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | Secret>>;
  readonly body?: Uint8Array | string | Secret;
  /** Seconds for all attempts, by default the client's. */
  readonly deadline?: number;
  /** The most bytes of the answer's body, by default 1 MiB. */
  readonly limit?: number;
  /** True if the request may be sent again after a failure, up to three times in all. */
  readonly idempotent?: boolean;
  /**
   * Sends the request over a new connection. Needed if a request must not be sent twice, because a kept connection may
   * have gone dead, and that looks like a slow answer (threat O21).
   */
  readonly newConnection?: boolean;
  /** What to do if the service does not answer. */
  readonly hint?: string;
  readonly signal?: AbortSignal | undefined;
  /** A host that is asked in plain http and without a proxy, as a cloud's metadata server needs it. */
  readonly plainHost?: string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** Header names in lower case. Repeated headers are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The host and port that answered, for messages. */
  readonly host?: string;
  /** The number of attempts, if there was more than one. */
  readonly attempts?: number;
}

/** Sends a request and returns the answer. A redirect is an error, and any other status is an answer. @throws ServiceError */
export type HttpSend = (request: HttpRequest) => Promise<HttpAnswer>;
