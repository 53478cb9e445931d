/**
 * Connections that are kept open, by way of a proxy where one leads there: CONNECT (RFC 9110 §9.3.6), TLS inside, for
 * every address that leaves this machine. Loaded on use; the same on both runtimes.
 */

import type { Agent, ClientRequest, RequestOptions } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Authorities } from './authorities.ts';
import { describeProxy, type HttpProxy, type ProxyChoice } from './proxy.ts';

/** How addresses are reached; every part has a default. */
export interface Network {
  readonly proxyFor?: ProxyChoice | undefined;
  /** Asked once, when the first address with https is. */
  readonly loadAuthorities?: () => Promise<Authorities>;
  /** Connections to one server at a time; default 4. */
  readonly maxSockets?: number;
}

/** What one kind of address is asked through. */
export interface Route {
  readonly request: (url: URL, options: RequestOptions) => ClientRequest;
  /** Keeps connections for the next request. */
  readonly agent: Agent;
  /** Keeps none. Whoever takes it destroys it. */
  readonly newAgent: () => Agent;
  readonly proxy: HttpProxy | undefined;
  readonly authorities: readonly string[];
}

export interface Connections {
  /** `direct`: past every proxy. */
  readonly routeFor: (url: URL, direct?: boolean) => Promise<Route>;
  readonly close: () => void;
}

/** Nothing that answers takes longer to be reached. */
export const CONNECT_SECONDS = 10;

/** A proxy that does not lead on: the message says which. */
export class ProxyFailure extends Error {
  /** True when another attempt may fare better. */
  readonly passing: boolean;
  constructor(message: string, passing: boolean, cause?: unknown) {
    super(message, { cause });
    this.passing = passing;
  }
}

/** Connections of one client. */
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
    // what is asked in the clear is asked of the proxy itself; everything else goes through a tunnel
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
      for (const one of pending) one.destroy();
      for (const route of routes.values())
        route.then(({ agent }) => agent.destroy()).catch(() => undefined);
    },
  };
}

type Request = Route['request'];

async function moduleFor({ protocol }: URL) {
  return protocol === 'https:' ? await import('node:https') : await import('node:http');
}

/** Where a proxy listens, and what it is told about who asks. */
function addressOf({ url, authorization }: HttpProxy) {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port;
  const login: Record<string, string> =
    authorization === undefined ? {} : { 'proxy-authorization': authorization.reveal() };
  // its own name is checked, and not that of the Host header, which is the destination's
  const servername = isIP(host) === 0 ? host : '';
  return { address: { host, port, servername }, login };
}

/** Requests in absolute form (RFC 9112 §3.2.2). */
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
  /** What is under way, to be ended with the client. */
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

/** What a proxy says instead of leading on. */
export function proxyRefusal(proxy: HttpProxy, authority: string, status: number): ProxyFailure {
  const through = `the proxy ${describeProxy(proxy)}`;
  if (status === 407)
    return new ProxyFailure(`${through} wants a login, or another one (407)`, false);
  const passing = status >= 500 || status === 429;
  return new ProxyFailure(`${through} does not lead to ${authority} (${status})`, passing);
}

/** TLS with the destination: its name is checked, whatever the proxy is. */
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
    ...(context === undefined ? {} : { secureContext: context }),
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

/** As the system would say it, only sooner. */
export function connectTimeout(): Error {
  return Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' });
}
