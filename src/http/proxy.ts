/**
 * Chooses the proxy for an address: `signet.proxy`, or HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY as curl and Go read
 * them (lower case first). A loopback address needs no proxy. The proxy's user name and password are kept apart from its
 * address, so that no message shows them.
 */

import { BlockList, isIP } from 'node:net';
import { ConfigError } from '../errors.ts';
import type { Environment } from '../system/environment.ts';
import { isLoopback } from '../system/loopback.ts';
import { Secret } from '../system/secret.ts';

export interface HttpProxy {
  /** The address, without user name and password. */
  readonly url: URL;
  /** The variable or setting that names it: `HTTPS_PROXY`, `signet.proxy`. */
  readonly source: string;
  /** Value of Proxy-Authorization (RFC 7617). */
  readonly authorization?: Secret;
}

/** Returns the proxy for an address, or undefined if none is needed. */
export type ProxyChoice = (url: URL) => HttpProxy | undefined;

/** Returns a proxy for messages: `proxy.example:3128 (HTTPS_PROXY)`. */
export function describeProxy({ url, source }: HttpProxy): string {
  return `${url.host} (${source})`;
}

/**
 * Returns the choice that the setting and the environment make. The setting `none` switches the variables off. The choice
 * throws ConfigError for a proxy that cannot be used. The error does not show the value, which may hold a password.
 */
export function proxyChoice(setting: string | undefined, env: Environment): ProxyChoice {
  if (setting === 'none') return () => undefined;
  const excepted = exceptions(env.no_proxy ?? env.NO_PROXY ?? '');
  const known = new Map<string, HttpProxy | undefined>();
  return (url) => {
    if (isLoopback(url) || excepted(url)) return undefined;
    if (!known.has(url.protocol)) known.set(url.protocol, proxyOf(url.protocol, setting, env));
    return known.get(url.protocol);
  };
}

function proxyOf(
  protocol: string,
  setting: string | undefined,
  env: Environment,
): HttpProxy | undefined {
  if (setting !== undefined) return readProxy(setting, 'signet.proxy');
  // a CGI program's HTTP_PROXY is a header that a stranger sent (CVE-2016-5385)
  const plain = env.REQUEST_METHOD === undefined ? ['http_proxy', 'HTTP_PROXY'] : ['http_proxy'];
  const names = protocol === 'https:' ? ['https_proxy', 'HTTPS_PROXY'] : plain;
  for (const name of [...names, 'all_proxy', 'ALL_PROXY']) {
    const text = env[name]?.trim();
    if (text !== undefined && text !== '') return readProxy(text, name);
  }
  return undefined;
}

/** `[http[s]://][user[:password]@]host[:port]` */
function readProxy(text: string, source: string): HttpProxy {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || url.hostname === '')
    throw new ConfigError(`${source} is not the address of a proxy`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ConfigError(
      `${source} names a ${url.protocol.slice(0, -1)} proxy, but only http and https proxies work`,
      {
        hint: 'to use another, or none, for git-signet only: git config --global signet.proxy URL|none',
      },
    );
  }
  const { username, password } = url;
  const address = new URL(`${url.protocol}//${url.host}`);
  if (username === '' && password === '') return { url: address, source };
  const login = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
  return { url: address, source, authorization: new Secret(`Basic ${login}`) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

type Test = (host: string, port: string) => boolean;

/** Reads NO_PROXY: domain names with their subdomains, addresses, networks, or `*`. Each may have a port. */
function exceptions(list: string): (url: URL) => boolean {
  const tests = list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(exception);
  return (url) => {
    const host = bare(url.hostname);
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
    return tests.some((test) => test(host, port));
  };
}

function exception(entry: string): Test {
  if (entry === '*') return () => true;
  const network = /^(.+)\/(\d{1,3})$/.exec(entry);
  if (network !== null) return inNetwork(bare(network[1] ?? ''), Number(network[2]));
  const [, name = entry, wanted] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
  const due = bare(name);
  const samePort = (port: string): boolean => wanted === undefined || wanted === port;
  if (isIP(due) !== 0) {
    const same = inNetwork(due, isIP(due) === 4 ? 32 : 128);
    return (host, port) => samePort(port) && same(host, port);
  }
  const suffix = due.replace(/^\*?\./, '');
  return (host, port) => samePort(port) && (host === suffix || host.endsWith(`.${suffix}`));
}

function inNetwork(address: string, bits: number): Test {
  const family = isIP(address);
  if (family === 0 || bits > (family === 4 ? 32 : 128)) return () => false;
  const list = new BlockList();
  list.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
  return (host) => {
    const kind = isIP(host);
    return kind !== 0 && list.check(host, kind === 4 ? 'ipv4' : 'ipv6');
  };
}

/** Returns a host in lower case, without brackets and without a final dot. */
function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}
