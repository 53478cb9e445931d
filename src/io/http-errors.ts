/**
 * How a failed request is told: which service, which host, what was asked, and what to do (voice.md). Never the
 * query, a header or a body: codes and tokens travel there (threat O10).
 */

import { ServiceError } from '../errors.ts';
import type { HttpAnswer, HttpRequest } from './http.ts';

export function refusedUrl(service: string, reason: string): ServiceError {
  return new ServiceError('SERVICE_REFUSED', `${service} was not asked: ${reason}`);
}

/** The request as messages name it: host, method, path; no query, which may hold a code. */
export function describeRequest(request: Pick<HttpRequest, 'method'>, url: URL): string {
  return `${url.host}, ${request.method} ${url.pathname}`;
}

export function redirected(request: HttpRequest, url: URL, answer: HttpAnswer): ServiceError {
  const target = URL.parse(answer.headers.location ?? '', url.href)?.host ?? 'nowhere';
  return new ServiceError(
    'SERVICE_ANSWER',
    `${request.service} redirects from ${url.host} to ${target}, which is not followed (${describeRequest(request, url)})`,
    { hint: 'configure the address that it redirects to, if you trust it' },
  );
}

export function tooLong(request: HttpRequest, url: URL): ServiceError {
  return new ServiceError(
    'SERVICE_ANSWER',
    `${request.service} answered with too much (${describeRequest(request, url)})`,
  );
}

interface Failure {
  readonly request: HttpRequest;
  readonly url: URL;
  readonly error: unknown;
  readonly attempt: number;
  readonly seconds: number;
  readonly deadline: AbortSignal;
}

export function unreachable({
  request,
  url,
  error,
  attempt,
  seconds,
  deadline,
}: Failure): ServiceError {
  const tried = attempt > 1 ? `, tried ${attempt} times` : '';
  const what = deadline.aborted
    ? `did not answer in ${seconds} s (${describeRequest(request, url)}${tried})`
    : `could not be asked (${describeRequest(request, url)}: ${reasonOf(error)}${tried})`;
  return new ServiceError('SERVICE_UNREACHABLE', `${request.service} ${what}`, {
    hint: request.hint,
    cause: error,
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ConnectionRefused: 'connection refused',
  ECONNRESET: 'connection closed',
  EPIPE: 'connection closed',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'no such host',
  ETIMEDOUT: 'connection timed out',
  ENETUNREACH: 'network unreachable',
};

function reasonOf(error: unknown): string {
  if (error === undefined) return 'it asked to wait longer than there is time';
  if (!(error instanceof Error)) return 'unknown failure';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return (code === undefined ? undefined : REASONS[code]) ?? code ?? error.message;
}
