/**
 * What `doctor` says about the servers: whether each host that the signing config names answers, by which way, what
 * their clocks say (RFC 9110 §6.6.1, whole seconds), and which hosts a firewall must let through.
 */

import { visible } from '../../core/escape.ts';
import { ExitCode, isSignetError } from '../../errors.ts';
import type { HttpClient } from '../../http/http.ts';
import { describeProxy, type ProxyChoice } from '../../http/proxy.ts';
import type { Services } from '../../services/choose-servers.ts';
import {
  type AskedServer,
  askServer,
  type Server,
  serversInUse,
} from '../../services/reachability.ts';
import type { Settings } from '../../settings/load.ts';
import type { SigningConfig } from '../../trust/signing-services.ts';
import { type DoctorCheck, fail, type Host, ok, warn } from './check.ts';

/** Certificates live ten minutes, and a log's time may be five ahead of ours. */
const SKEW_WARN = 30;
const SKEW_FAIL = 300;

const UNUSED = 'not used with these settings';

/** The mirror that newer trust roots come from. */
export function mirrorServer(url: string): Server {
  return {
    what: 'trust mirror',
    url: `${url}/timestamp.json`,
    spare: 'the trust root stays as it is',
  };
}

/** The servers to ask: those in use, then others that the signing config names as valid now. */
export function serversOf(
  services: Services,
  config: SigningConfig,
  now: number,
): readonly Server[] {
  const used = serversInUse(services);
  const lists = [
    ['issuer', config.oidcUrls],
    ['certificate authority', config.caUrls],
    ['log', config.rekorTlogUrls],
    ['timestamp authority', config.tsaUrls],
  ] as const;
  const named = lists.flatMap(([what, list]) =>
    list
      .filter(({ validFor }) => validFor.start <= now && now <= (validFor.end ?? now))
      .map(({ url }): Server => ({ what, url, spare: UNUSED })),
  );
  const hosts = new Set(used.map(({ url }) => hostOf(url)));
  const others = named.filter(({ url }) => {
    const fresh = !hosts.has(hostOf(url));
    hosts.add(hostOf(url));
    return fresh;
  });
  return [...used, ...others];
}

/** `host:port`, the port always. */
export function hostOf(text: string): string {
  const url = new URL(text);
  const port = url.port === '' ? (url.protocol === 'http:' ? '80' : '443') : url.port;
  return `${url.hostname}:${port}`;
}

function reachability({ server, answer, error }: AskedServer, proxyFor: ProxyChoice): DoctorCheck {
  const host = hostOf(server.url);
  const proxy = proxyFor(new URL(server.url));
  const way = proxy === undefined ? '' : `, through the proxy ${describeProxy(proxy)}`;
  if (answer !== undefined) {
    const busy = answer.status >= 500 ? `: answers with status ${answer.status}` : ' answers';
    const detail = `${server.what} ${host}${busy}${way}`;
    return busy === ' answers' ? ok('reach', detail) : warn('reach', detail, 'try again later');
  }
  const hint = isSignetError(error) ? error.hint : undefined;
  const remedy = hint ?? `let this machine reach ${host}, or set signet.proxy`;
  const detail = visible(error?.message ?? '');
  return server.spare === undefined
    ? fail('reach', detail, remedy, ExitCode.undecided)
    : warn('reach', `${detail} (${server.spare})`, remedy);
}

/** From all clocks that answered: the middle one, so that one wrong server is not taken for ours. */
function clock(asked: readonly AskedServer[]): DoctorCheck {
  const skews = asked.flatMap(({ ahead }) => ahead ?? []).toSorted((a, b) => a - b);
  const ahead = skews[Math.floor(skews.length / 2)];
  if (ahead === undefined) return warn('clock', 'no server said what time it is');
  const off = Math.abs(ahead);
  const detail =
    off === 0 ? 'agrees with the servers' : `${off} s ${ahead > 0 ? 'behind' : 'ahead'}`;
  if (off <= SKEW_WARN) return ok('clock', detail);
  const remedy = 'let the system keep its clock by NTP';
  return off <= SKEW_FAIL
    ? warn('clock', detail, remedy)
    : fail('clock', `${detail}: tokens and certificates will not be valid`, remedy);
}

/** Hosts that the issuer's own document sends a login on to. */
function loginHosts(asked: readonly AskedServer[]): readonly Host[] {
  const body = asked.find(({ server }) => server.what === 'issuer')?.answer?.body;
  let document: Readonly<Record<string, unknown>> = {};
  try {
    document = JSON.parse(Buffer.from(body ?? []).toString('utf8'));
  } catch {
    // no document, no hosts: the line about the issuer says so
  }
  const names = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'];
  return [...names, 'device_authorization_endpoint'].flatMap((name) => {
    const value = document?.[name];
    return typeof value === 'string' && URL.canParse(value) && /^https?:/.test(value)
      ? [{ host: hostOf(value), uses: 'login' }]
      : [];
  });
}

function merged(hosts: readonly Host[]): readonly Host[] {
  const uses = new Map<string, Set<string>>();
  for (const { host, uses: use } of hosts) uses.set(host, (uses.get(host) ?? new Set()).add(use));
  return [...uses].map(([host, all]) => ({ host, uses: [...all].join(', ') }));
}

export interface NetworkReport {
  readonly checks: readonly DoctorCheck[];
  readonly hosts: readonly Host[];
}

export interface NetworkQuestion {
  readonly servers: readonly Server[];
  readonly client: HttpClient;
  readonly proxyFor: ProxyChoice;
  readonly now: () => number;
}

/** Asks every server once, all at the same time, for ten seconds at most. */
export async function checkNetwork(question: NetworkQuestion): Promise<NetworkReport> {
  const { servers, client, proxyFor, now } = question;
  const asked = await Promise.all(servers.map((server) => askServer(server, client.send, now)));
  return {
    checks: [...asked.map((each) => reachability(each, proxyFor)), clock(asked)],
    hosts: merged([...hostsOf(servers), ...loginHosts(asked)]),
  };
}

/** What can be said of the hosts without asking them. */
export function hostsOf(servers: readonly Server[]): readonly Host[] {
  return merged(servers.map(({ what, url }) => ({ host: hostOf(url), uses: what })));
}

/** Returns a line that names the proxies to these servers, if there are any. */
export function checkProxies(
  servers: readonly Server[],
  proxyFor: ProxyChoice,
): readonly DoctorCheck[] {
  const used = servers.flatMap(({ url }) => proxyFor(new URL(url)) ?? []).map(describeProxy);
  return used.length === 0 ? [] : [ok('proxy', visible([...new Set(used)].join(', ')))];
}

/** Whether certificates are checked, and by which authorities. */
export async function checkTransport(
  { caFile }: Pick<Settings, 'caFile'>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly DoctorCheck[]> {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    const remedy = 'unset NODE_TLS_REJECT_UNAUTHORIZED';
    return [fail('tls', 'NODE_TLS_REJECT_UNAUTHORIZED=0: no login, no signature', remedy)];
  }
  const { loadAuthorities } = await import('../../http/authorities.ts');
  try {
    const { sources } = await loadAuthorities(caFile, env);
    return [ok('tls', `authorities: ${visible([...new Set(sources)].join(', '))}`)];
  } catch (error) {
    if (!isSignetError(error)) throw error;
    return [fail('tls', error.message, error.hint ?? 'git config --unset signet.caFile')];
  }
}
