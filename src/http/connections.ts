/**
 * Keeps connections open, directly or through a proxy: CONNECT (RFC 9110 §9.3.6) with TLS inside for https, and requests
 * in absolute form for http. Works the same on both runtimes.
 */

import type { Agent, ClientRequest, RequestOptions } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Authorities } from './authorities.ts';
import { describeProxy, type HttpProxy, type ProxyChoice } from './proxy.ts';

/** Options for connections. Each has a default. */
export interface Network {
  readonly proxyFor?: ProxyChoice | undefined;
  /** Called once, for the first https address. */
  readonly loadAuthorities?: () => Promise<Authorities>;
  /** The most connections to one server at a time, by default 4. */
  readonly maxSockets?: number;
}

/** What is needed to send a request to one kind of address. */
export interface Route {
  readonly request: (url: URL, options: RequestOptions) => ClientRequest;
  /** Keeps connections for the next request. */
  readonly agent: Agent;
  /** Keeps no connection. The caller must destroy it. */
  readonly newAgent: () => Agent;
  readonly proxy: HttpProxy | undefined;
  readonly authorities: readonly string[];
}

export interface Connections {
  /** With `direct`, no proxy is used. */
  readonly routeFor: (url: URL, direct?: boolean) => Promise<Route>;
  readonly close: () => void;
}

/** Seconds to wait for a connection. */
export const CONNECT_SECONDS = 10;

/** The error of a proxy that refuses or cannot be reached. The message names the proxy. */
export class ProxyFailure extends Error {
  /** True if another attempt may succeed. */
  readonly passing: boolean;
  constructor(message: string, passing: boolean, cause?: unknown) {
    super(message, { cause });
    this.passing = passing;
  }
}

/** Opens the connections of one client. */
export function openConnections({
  proxyFor,
  loadAuthorities,
  maxSockets = 4,
}: Network): Connections {
  const routes = new Map<string, Promise<Route>>();
  const pending = new Set<{ destroy: () => unknown }>();
  let authorities: Promise<Authorities> | undefined;
  const open = async (url: URL, proxy: HttpProxy | undefined): Promise<Route> => {
    const secure = url.protocol === 'https:' || proxy?.url.protocol === 'https:';
    if (secure) authorities ??= loadAuthorities?.();
    const known = secure ? await authorities : undefined;
    const context = known?.context;
    // a request in plain http goes to the proxy itself, and every other through a tunnel
    const forwards = proxy !== undefined && url.protocol === 'http:';
    const module = await moduleFor(forwards ? proxy.url : url);
    const agentWith = (keepAlive: boolean): Agent => {
      const options = { keepAlive, maxSockets };
      const agent = new module.Agent(
        context === undefined ? options : { ...options, secureContext: context },
      );
      if (proxy !== undefined && !forwards) throughProxy(agent, { proxy, context, pending });
      return agent;
    };
    const request = forwards ? askedOf(proxy, module.request) : module.request;
    const sources = known?.sources ?? ['built in'];
    return {
      ...{ request, proxy, authorities: sources },
      ...{ agent: agentWith(true), newAgent: () => agentWith(false) },
    };
  };
  return {
    routeFor: (url, direct = false) => {
      const proxy = direct ? undefined : proxyFor?.(url);
      const key = `${url.protocol} ${proxy?.url.href ?? ''}`;
      const known = routes.get(key) ?? open(url, proxy);
      routes.set(key, known);
      return known;
    },
    close: () => {
      for (const each of pending) each.destroy();
      for (const route of routes.values())
        route.then(({ agent }) => agent.destroy()).catch(() => undefined);
    },
  };
}

type Request = Route['request'];

async function moduleFor({ protocol }: URL) {
  return protocol === 'https:' ? await import('node:https') : await import('node:http');
}

/** Returns a proxy's address, and the header that logs in to it. */
function addressOf({ url, authorization }: HttpProxy) {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port;
  const login: Record<string, string> =
    authorization === undefined ? {} : { 'proxy-authorization': authorization.reveal() };
  // TLS must check the proxy's name, while the Host header holds the destination's
  const servername = isIP(host) === 0 ? host : '';
  return { address: { host, port, servername }, login };
}

/** Sends requests in absolute form to the proxy (RFC 9112 §3.2.2). */
function askedOf(proxy: HttpProxy, request: Request): Request {
  const { address, login } = addressOf(proxy);
  return (url, options) =>
    request(proxy.url, {
      ...options,
      ...{ ...address, path: `${url.origin}${url.pathname}${url.search}` },
      headers: { ...(options.headers as Record<string, string>), ...login, host: url.host },
    });
}

interface Tunnelling {
  readonly proxy: HttpProxy;
  readonly context: SecureContext | undefined;
  /** Connections that are being made. They end with the client. */
  readonly pending: Set<{ destroy: () => unknown }>;
}

interface Destination {
  readonly host?: string | null | undefined;
  readonly port?: number | string | null | undefined;
  readonly servername?: string | undefined;
}

type Connected = (error: Error | null, socket?: Socket) => void;

function throughProxy(agent: Agent, tunnelling: Tunnelling): void {
  const createConnection = (to: Destination, connected: Connected): undefined => {
    openTunnel(to, tunnelling).then(
      (socket) => connected(null, socket),
      (error: Error) => connected(error),
    );
  };
  Object.assign(agent, { createConnection });
}

async function openTunnel(to: Destination, tunnelling: Tunnelling): Promise<Socket> {
  return secured(await askProxy(to, tunnelling), to, tunnelling);
}

async function askProxy(to: Destination, { proxy, context, pending }: Tunnelling): Promise<Socket> {
  const { request } = await moduleFor(proxy.url);
  const name = to.host ?? '';
  const authority = `${name.includes(':') ? `[${name}]` : name}:${to.port}`;
  const { address, login } = addressOf(proxy);
  const asked = request({
    ...address,
    ...(context === undefined ? {} : { secureContext: context }),
    ...{ method: 'CONNECT', path: authority, agent: false },
    headers: { host: authority, 'user-agent': 'git-signet', ...login },
  });
  return inTime(asked, pending, (resolve, reject) => {
    const refused = ({ statusCode = 0 }: { readonly statusCode?: number | undefined }): void => {
      reject(proxyRefusal(proxy, authority, statusCode));
    };
    asked.once('connect', (answer, socket: Socket) => {
      if (answer.statusCode === 200) return resolve(socket);
      socket.destroy();
      refused(answer);
    });
    asked.once('response', refused);
    asked.once('error', (error) => {
      const what = `the proxy ${describeProxy(proxy)} cannot be reached`;
      reject(new ProxyFailure(what, true, error));
    });
    asked.end();
  });
}

/** Returns the error for a proxy's refusal. */
export function proxyRefusal(proxy: HttpProxy, authority: string, status: number): ProxyFailure {
  const through = `the proxy ${describeProxy(proxy)}`;
  if (status === 407)
    return new ProxyFailure(`${through} does not accept the login, or needs one (407)`, false);
  const passing = status >= 500 || status === 429;
  return new ProxyFailure(`${through} refused to connect to ${authority} (${status})`, passing);
}

/** Opens TLS with the destination. Its name is checked, also behind a proxy. */
async function secured(
  socket: Socket,
  to: Destination,
  { context, pending }: Tunnelling,
): Promise<Socket> {
  const tls = await import('node:tls');
  const inner = tls.connect({
    socket,
    host: to.host ?? '',
    servername: to.servername ?? '',
    secureContext: context,
  });
  return inTime(inner, pending, (resolve, reject) => {
    inner.once('secureConnect', () => resolve(inner));
    inner.once('error', reject);
  });
}

async function inTime<T>(
  under: { destroy: (error?: Error) => unknown },
  pending: Tunnelling['pending'],
  work: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  const late = setTimeout(() => under.destroy(connectTimeout()), CONNECT_SECONDS * 1000);
  pending.add(under);
  try {
    return await new Promise<T>(work);
  } finally {
    clearTimeout(late);
    pending.delete(under);
  }
}

/** Returns the error that the system would report later. */
export function connectTimeout(): Error {
  return Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' });
}
