/** How services are reached, from settings and environment: proxy, authorities, patience. */

import { ConfigError } from '../errors.ts';
import type { Settings } from '../settings/load.ts';
import type { Environment } from '../system/environment.ts';
import type { HttpOptions } from './http.ts';
import { proxyChoice } from './proxy.ts';

export type NetworkSettings = Pick<Settings, 'proxy' | 'caFile' | 'timeout' | 'insecureHttp'>;

/** Hosts of signet.insecureHttp: those that may be asked in the clear although they are not this machine. */
export function insecureHosts(setting: string | undefined): ReadonlySet<string> {
  const names = (setting ?? '').split(',').map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => name !== ''));
}

/** What every HTTP client of this program is created with. @throws ConfigError */
export function networkOptions(settings: NetworkSettings, env: Environment): HttpOptions {
  const { proxy, caFile, timeout, insecureHttp } = settings;
  if (timeout < 1) throw new ConfigError('signet.timeout: expected at least 1 second');
  return {
    timeout,
    insecureHosts: insecureHosts(insecureHttp),
    tlsUnchecked: env.NODE_TLS_REJECT_UNAUTHORIZED === '0',
    proxyFor: proxyChoice(proxy, env),
    loadAuthorities: async () => {
      const { loadAuthorities } = await import('./authorities.ts');
      return loadAuthorities(caFile, env);
    },
  };
}
