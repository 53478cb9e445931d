/**
 * How a failed request is told: which service, which host, what was asked, by way of which proxy, how often, and what
 * to do. Never the query, a header or a body: codes and tokens travel there (threat O10).
 */

import { ServiceError } from '../errors.ts';
import { ProxyFailure, type Route } from './connections.ts';
import type { HttpAnswer, HttpRequest } from './message.ts';
import { describeProxy } from './proxy.ts';

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
    { hint: request.hint },
  );
}

/** A request under way. */
export interface Attempted {
  readonly request: HttpRequest;
  readonly url: URL;
  readonly route: Route;
  readonly seconds: number;
  readonly deadline: AbortSignal;
}

/** `failure` is the runtime's error, or how many milliseconds the service asked to wait. */
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
    : `could not be asked (${asked}: ${reasonOf(failure)}${details})`;
  return new ServiceError('SERVICE_UNREACHABLE', `${request.service} ${what}`, {
    hint: remedy(failure, route) ?? request.hint,
    cause: failure,
  });
}

function remedy(failure: unknown, { authorities, proxy }: Route): string | undefined {
  if (failure instanceof ProxyFailure) {
    return `the proxy is named in ${proxy?.source}; for git-signet alone: git config --global signet.proxy URL, or none`;
  }
  if (!UNKNOWN_AUTHORITY.has(codeOf(failure) ?? '')) return undefined;
  return `known are: ${authorities.join(', ')}; your company's own: git config --global signet.caFile FILE`;
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

/** The server's certificate is not accepted: it will not be on the next attempt either. */
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
  if (UNKNOWN_AUTHORITY.has(code ?? '')) return 'its certificate is of an authority not known here';
  return (code === undefined ? undefined : REASONS[code]) ?? code ?? failure.message;
}
