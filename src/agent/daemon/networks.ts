/**
 * The networks that the agent's requests go through. Each has connections of its own, so that no proxy sees anything of
 * another client's request (threat D21). The agent reads a proxy's password from protected configuration when a request
 * names the proxy.
 */

import { ServiceError } from '../../errors.ts';
import type { HttpSend } from '../../http/message.ts';
import { networkOptions } from '../../http/network.ts';
import { describeProxy, type HttpProxy, type ProxyChoice, proxyChoice } from '../../http/proxy.ts';
import type { Settings } from '../../settings/load.ts';
import type { Environment } from '../../system/environment.ts';
import { Unreached } from '../wire/failure.ts';
import {
  isOfNetwork,
  type NetworkOrOwn,
  nameOfNetwork,
  type RequestNetwork,
} from '../wire/request-network.ts';
import { openWarmHttp, type WarmHttp } from './warm-http.ts';

/** What a request is made with. */
export interface AgentNetwork {
  readonly settings: Settings;
  readonly env: Environment;
  readonly send: HttpSend;
}

export interface AgentNetworks {
  /** Returns what a request through a network is made with. @throws ConfigError for one that cannot work */
  readonly through: (network: NetworkOrOwn) => Promise<AgentNetwork>;
  /** Returns true once any server has answered, by any of them. */
  readonly everReached: () => boolean;
}

export interface NetworkSources {
  /** The agent's own, from protected configuration, as they stand now. @throws ConfigError */
  readonly ownSettings: () => Promise<Settings>;
  readonly settings: Settings;
  readonly env: Environment;
}

/** Beyond that the agent gives up the one that was asked for longest ago. */
const MAX_NETWORKS = 16;

interface Open extends AgentNetwork {
  readonly warm: WarmHttp;
}

export function openNetworks(sources: NetworkSources): AgentNetworks {
  const open = new Map<string, Promise<Open>>();
  let reached = false;
  const watched = ({ send }: WarmHttp, onUnreached: () => void): HttpSend => {
    return async (request) => {
      try {
        const answer = await send(request);
        reached = true;
        return answer;
      } catch (error) {
        if (!isUnreachable(error)) throw error;
        onUnreached();
        // a slow server is slow by every network
        if (reached && isLate(error)) throw error;
        throw new Unreached('network', error.message, error);
      }
    };
  };
  const make = async (network: NetworkOrOwn, name: string): Promise<Open> => {
    const { settings, env } = merged(sources, network);
    const options = networkOptions(settings, env);
    const proxyFor =
      network === undefined || options.proxyFor === undefined
        ? options.proxyFor
        : withOwnLogins(options.proxyFor, network.logins, await ownProxies(sources, network));
    const warm = openWarmHttp({ ...options, proxyFor });
    // the password may have changed, so the agent reads it again the next time
    const onUnreached = (): void => {
      if (network !== undefined && network.logins.length > 0) open.delete(name);
    };
    return { settings, env, send: watched(warm, onUnreached), warm };
  };
  return {
    everReached: () => reached,
    through: (network) => {
      const name = network === undefined ? 'own' : nameOfNetwork(network);
      const known = open.get(name) ?? make(network, name);
      open.delete(name);
      open.set(name, known);
      // the configuration may be mended by the next time
      known.catch(() => open.delete(name));
      giveUpOldest(open);
      return known;
    },
  };
}

function giveUpOldest(open: Map<string, Promise<Open>>): void {
  const [oldest] = open;
  if (open.size <= MAX_NETWORKS || oldest === undefined) return;
  const [name, network] = oldest;
  open.delete(name);
  network.then(({ warm }) => warm.retire()).catch(() => undefined);
}

function isUnreachable(error: unknown): error is ServiceError {
  const silent = error instanceof ServiceError && error.code === 'SERVICE_UNREACHABLE';
  return silent && !(error instanceof Unreached);
}

/** Returns true for a request whose deadline has passed. */
function isLate({ cause }: ServiceError): boolean {
  return cause instanceof Error && /^(?:Abort|Timeout)Error$/.test(cause.name);
}

/** Returns the agent's settings and environment, with this network in place of its own. */
function merged(
  { settings: own, env }: NetworkSources,
  network: NetworkOrOwn,
): Pick<AgentNetwork, 'settings' | 'env'> {
  if (network === undefined) return { settings: own, env };
  const { proxy: _proxy, caFile: _caFile, ...others } = own;
  const {
    SIGNET_PROXY: proxy,
    SIGNET_CA_FILE: caFile,
    SIGNET_TIMEOUT: timeout,
  } = network.variables;
  const bare = Object.entries(env).filter(([name]) => !isOfNetwork(name));
  return {
    settings: {
      ...others,
      proxy,
      caFile,
      timeout: Math.max(1, Math.trunc(Number(timeout)) || own.timeout),
    },
    env: { ...Object.fromEntries(bare), ...network.variables },
  };
}

/** Returns the proxies that protected configuration names, with their logins. */
async function ownProxies(
  { ownSettings, env }: NetworkSources,
  { logins }: RequestNetwork,
): Promise<readonly HttpProxy[]> {
  if (logins.length === 0) return [];
  const { proxy } = await ownSettings();
  const anywhere = new URL('https://anywhere.invalid');
  const { NO_PROXY: _, no_proxy: __, ...named } = env;
  const choices = [
    ...(proxy === undefined ? [] : [proxyChoice(proxy, {})]),
    proxyChoice(undefined, named),
  ];
  return choices.flatMap((choice) => choice(anywhere) ?? []);
}

/** Returns the choice, with the login that protected configuration has for the same proxy. It throws Unreached for none. */
function withOwnLogins(
  choice: ProxyChoice,
  logins: RequestNetwork['logins'],
  own: readonly HttpProxy[],
): ProxyChoice {
  if (logins.length === 0) return choice;
  return (url) => {
    const proxy = choice(url);
    if (proxy === undefined || !logins.includes(variableOfSource(proxy))) return proxy;
    const known = own.find((each) => each.url.href === proxy.url.href);
    if (known?.authorization !== undefined) return { ...proxy, authorization: known.authorization };
    const what = `the agent has no password for the proxy ${describeProxy(proxy)}`;
    throw new Unreached('password', what, {
      hint: `to sign with it: git config --global signet.proxy http://USER:PASSWORD@${proxy.url.host}`,
    });
  };
}

function variableOfSource({ source }: HttpProxy): string {
  return source === 'signet.proxy' ? 'SIGNET_PROXY' : source;
}
