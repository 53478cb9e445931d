/**
 * Writes the errors of requests. Each names the service, the host, the path, the proxy, the number of attempts, and what
 * to do. It never holds a query, a header or a body, because these hold codes and tokens (threat O10).
 */

import { ServiceError } from '../errors.ts';
import { ProxyFailure, type Route } from './connections.ts';
import type { HttpAnswer, HttpRequest } from './message.ts';
import { describeProxy } from './proxy.ts';

/** Returns the error for an address that must not be asked. */
export function refusedUrl(service: string, reason: string): ServiceError {
  return new ServiceError('SERVICE_REFUSED', `${service} was not asked: ${reason}`);
}

/** Returns host, method and path of a request for messages, without the query. */
export function describeRequest(request: Pick<HttpRequest, 'method'>, url: URL): string {
  return `${url.host}, ${request.method} ${url.pathname}`;
}

/** Returns the error for a redirect, which is never followed. */
export function redirected(request: HttpRequest, url: URL, answer: HttpAnswer): ServiceError {
  const target = URL.parse(answer.headers.location ?? '', url.href)?.host ?? 'nowhere';
  return new ServiceError(
    'SERVICE_ANSWER',
    `${request.service} redirects from ${url.host} to ${target}, and redirects are not followed (${describeRequest(request, url)})`,
    { hint: 'if you trust the other address, configure the address that it redirects to' },
  );
}

/** Returns the error for a body over the limit. */
export function tooLong(request: HttpRequest, url: URL): ServiceError {
  return new ServiceError(
    'SERVICE_ANSWER',
    `${request.service} gave an answer that is too long (${describeRequest(request, url)})`,
    { hint: request.hint },
  );
}

/** A request and its deadline. */
export interface Attempted {
  readonly request: HttpRequest;
  readonly url: URL;
  readonly route: Route;
  readonly seconds: number;
  readonly deadline: AbortSignal;
}

/** Returns the error for a request without an answer. `failure` is the runtime's error, or `{ pause }` in milliseconds. */
export function unreachable(
  { request, url, route, seconds, deadline }: Attempted,
  failure: unknown,
  attempts: number,
): ServiceError {
  const asked = describeRequest(request, url);
  const more = [
    ...(route.proxy === undefined || failure instanceof ProxyFailure
      ? []
      : [`through the proxy ${describeProxy(route.proxy)}`]),
    ...(attempts > 1 ? [`tried ${attempts} times`] : []),
  ];
  const details = more.map((each) => `, ${each}`).join('');
  const what = deadline.aborted
    ? `did not answer in ${seconds} s (${asked}${details})`
    : `could not be reached (${asked}: ${reasonOf(failure)}${details})`;
  return new ServiceError('SERVICE_UNREACHABLE', `${request.service} ${what}`, {
    hint: remedy(failure, route) ?? request.hint,
    cause: failure,
  });
}

function remedy(failure: unknown, { authorities, proxy }: Route): string | undefined {
  if (failure instanceof ProxyFailure) {
    return `${proxy?.source} names the proxy. To use another, or none, for git-signet only: git config --global signet.proxy URL|none`;
  }
  if (!UNKNOWN_AUTHORITY.has(codeOf(failure) ?? '')) return undefined;
  return `known authorities: ${authorities.join(', ')}. To add your company's: git config --global signet.caFile FILE`;
}

const UNKNOWN_AUTHORITY = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_UNTRUSTED',
]);

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ConnectionRefused: 'connection refused',
  ECONNRESET: 'connection closed',
  EPIPE: 'connection closed',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'no such host',
  ETIMEDOUT: 'no connection in time',
  ENETUNREACH: 'network unreachable',
  EHOSTUNREACH: 'host unreachable',
  CERT_HAS_EXPIRED: 'its certificate has expired, or this machine’s clock is wrong',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet, or this machine’s clock is wrong',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
};

/** Returns whether the server's certificate was not accepted, so that another attempt would fail too. */
export function isTlsRefusal(failure: unknown): boolean {
  const code = codeOf(failure) ?? '';
  return UNKNOWN_AUTHORITY.has(code) || /^CERT_|^ERR_TLS_CERT_/.test(code);
}

function codeOf(failure: unknown): string | undefined {
  const coded = failure instanceof Error && 'code' in failure && typeof failure.code === 'string';
  return coded ? String(failure.code) : undefined;
}

function reasonOf(failure: unknown): string {
  if (typeof failure === 'object' && failure !== null && 'pause' in failure) {
    return `it asked to wait ${Math.ceil(Number(failure.pause) / 1000)} s`;
  }
  if (!(failure instanceof Error)) return 'unknown failure';
  if (failure instanceof ProxyFailure) {
    const why = failure.cause === undefined ? '' : `: ${reasonOf(failure.cause)}`;
    return `${failure.message}${why}`;
  }
  if (failure.name === 'AbortError' || failure.name === 'TimeoutError') return 'no answer';
  const code = codeOf(failure);
  if (UNKNOWN_AUTHORITY.has(code ?? ''))
    return 'its certificate comes from an authority that is not known here';
  return (code === undefined ? undefined : REASONS[code]) ?? code ?? failure.message;
}
