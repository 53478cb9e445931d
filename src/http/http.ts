/**
 * The HTTP client for all services. One deadline covers all attempts, the body is bounded, and redirects are not followed.
 * Plain http is allowed on loopback only. A request is sent again only if that does no harm (threats R15, O08, O17, I06).
 * node:http(s) is loaded on use, because `fetch` costs 50 ms on Node and a verifier needs neither.
 */

import { isLoopback } from '../system/loopback.ts';
import { type Network, openConnections } from './connections.ts';
import { refusedUrl } from './errors.ts';
import type { HttpSend } from './message.ts';
import { type RetryOptions, sendWithRetries } from './retries.ts';

export interface HttpClient {
  readonly send: HttpSend;
  /** Ends all requests and connections. No request is sent after it. */
  readonly close: () => void;
}

export interface HttpOptions extends Network, RetryOptions {
  /** True if NODE_TLS_REJECT_UNAUTHORIZED=0 switches certificate checking off. */
  readonly tlsUnchecked?: boolean;
  /** Host names for which plain http is allowed, besides loopback. */
  readonly insecureHosts?: ReadonlySet<string>;
}

/**
 * Returns the URL if it may be asked: https, or http on loopback or `plainHost`, without a user name.
 * @throws ServiceError `SERVICE_REFUSED`
 */
export function checkedUrl(text: string, service: string, plainHost?: string): URL {
  const url = URL.parse(text);
  if (url === null) throw refusedUrl(service, 'its address is not a URL');
  if (url.username !== '' || url.password !== '')
    throw refusedUrl(service, 'its address holds a user name or password');
  if (url.protocol === 'https:') return url;
  if (url.protocol === 'http:' && (isLoopback(url) || url.hostname === plainHost)) return url;
  throw refusedUrl(service, `${url.protocol}//${url.host} is neither https nor on this machine`);
}

/** Creates a client with connections of its own, which stay open between requests. Close it when the work is done. */
export function createHttpClient(options: HttpOptions = {}): HttpClient {
  const connections = openConnections(options);
  const closing = new AbortController();
  return {
    send: async (request) => {
      const hostname = URL.parse(request.url)?.hostname;
      const insecure = hostname !== undefined && options.insecureHosts?.has(hostname) === true;
      const plainHost = insecure ? hostname : request.plainHost;
      const url = checkedUrl(request.url, request.service, plainHost);
      if (options.tlsUnchecked === true && url.protocol === 'https:') {
        throw refusedUrl(
          request.service,
          'NODE_TLS_REJECT_UNAUTHORIZED=0 switches certificate checking off',
        );
      }
      const route = await connections.routeFor(url, request.plainHost !== undefined);
      return sendWithRetries(request, { url, route, options, closing: closing.signal });
    },
    close: () => {
      closing.abort();
      connections.close();
    },
  };
}
