/**
 * The network that a request is made through: the proxy, the authorities and the deadline of the client that asks. It
 * travels with each request and serves that request only. An agent that kept its starter's network would show one
 * repository's login to another's proxy (threat D21). It travels as the variables that name these things everywhere. No
 * password is among them.
 */

import type { Settings } from '../../settings/load.ts';
import type { Environment } from '../../system/environment.ts';
import { delimiter, resolve } from '../../system/paths.ts';

export interface RequestNetwork {
  readonly variables: Readonly<Record<string, string>>;
  /** Names of the variables whose proxy has a user name or a password. These do not travel. */
  readonly logins: readonly string[];
  /** True if the repository's own configuration names the proxy or the authorities. Then only its own logins go there. */
  readonly ofRepository: boolean;
}

/** The network of a request, or undefined for the agent's own. */
export type NetworkOrOwn = RequestNetwork | undefined;

/** The setting and its variables, each of which names a proxy. */
const PROXIES = [
  ...['SIGNET_PROXY', 'https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'],
  ...['all_proxy', 'ALL_PROXY'],
];
const FILES = ['SIGNET_CA_FILE', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'];
const OTHERS = ['SIGNET_TIMEOUT', 'no_proxy', 'NO_PROXY', 'SSL_CERT_DIR'];
const NAMES: readonly string[] = [...PROXIES, ...FILES, ...OTHERS];
const MAX_TEXT = 8192;

/** Returns true for a variable that an agent must not take from its own environment, because each request brings its own. */
export function isOfNetwork(variable: string): boolean {
  return NAMES.includes(variable);
}

type NetworkOfSettings = Pick<Settings, 'proxy' | 'caFile' | 'timeout' | 'networkOfRepository'>;

/** Returns the network of a client in the directory `cwd`. */
export function networkOf(
  { proxy, caFile, timeout, networkOfRepository = false }: NetworkOfSettings,
  env: Environment,
  cwd: string,
): RequestNetwork {
  const settings = { SIGNET_PROXY: proxy, SIGNET_CA_FILE: caFile, SIGNET_TIMEOUT: `${timeout}` };
  const named: Environment = { ...env, ...settings };
  const variables: Record<string, string> = {};
  const logins: string[] = [];
  for (const name of NAMES) {
    const text = named[name];
    if (text === undefined || text === '') continue;
    // a CGI program's HTTP_PROXY is a header that a stranger sent (CVE-2016-5385)
    if (name === 'HTTP_PROXY' && env.REQUEST_METHOD !== undefined) continue;
    const bare = PROXIES.includes(name) ? withoutLogin(text) : text;
    if (bare !== text) logins.push(name);
    variables[name] = FILES.includes(name)
      ? resolve(cwd, bare)
      : name === 'SSL_CERT_DIR'
        ? eachResolved(cwd, bare)
        : bare;
  }
  return { variables, logins, ofRepository: networkOfRepository };
}

/** Turns `http://user:password@proxy.test:3128` into `http://proxy.test:3128`. */
function withoutLogin(text: string): string {
  const end = text.lastIndexOf('@');
  if (end < 0) return text;
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? '';
  return `${scheme}${text.slice(end + 1)}`;
}

function eachResolved(cwd: string, list: string): string {
  const folders = list.split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => resolve(cwd, folder)).join(delimiter);
}

/** Returns one text for one network. Requests with the same text share connections, and others do not. */
export function nameOfNetwork({ variables, logins }: RequestNetwork): string {
  const pairs = Object.entries(variables).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([pairs, logins.toSorted()]);
}

export function sameNetwork(one: NetworkOrOwn, other: NetworkOrOwn): boolean {
  if (one === undefined || other === undefined) return one === other;
  return nameOfNetwork(one) === nameOfNetwork(other);
}

/** Returns true for a network as it may travel. */
export function isRequestNetwork(value: unknown): value is RequestNetwork {
  if (typeof value !== 'object' || value === null) return false;
  const { variables, logins, ofRepository, ...rest } = value as Record<string, unknown>;
  if (Object.keys(rest).length > 0 || typeof ofRepository !== 'boolean') return false;
  if (!Array.isArray(logins) || !logins.every((name) => PROXIES.includes(name))) return false;
  if (typeof variables !== 'object' || variables === null) return false;
  return Object.entries(variables).every(
    ([name, text]) =>
      NAMES.includes(name) &&
      typeof text === 'string' &&
      text.length <= MAX_TEXT &&
      !text.includes('\0') &&
      // a password does not travel, not even to an agent
      !(PROXIES.includes(name) && withoutLogin(text) !== text),
  );
}
