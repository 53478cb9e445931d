/** Reads the client's options from the settings and the environment: proxy, authorities and timeout. */

import { ConfigError } from '../errors.ts';
import type { Settings } from '../settings/load.ts';
import type { Environment } from '../system/environment.ts';
import type { HttpOptions } from './http.ts';
import { proxyChoice } from './proxy.ts';

export type NetworkSettings = Pick<Settings, 'proxy' | 'caFile' | 'timeout' | 'insecureHttp'>;

/** Returns the hosts of signet.insecureHttp, for which plain http is allowed. */
export function insecureHosts(setting: string | undefined): ReadonlySet<string> {
  const names = (setting ?? '').split(',').map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => name !== ''));
}

/** Returns the options for every HTTP client of this program. @throws ConfigError */
export function networkOptions(settings: NetworkSettings, env: Environment): HttpOptions {
  const { proxy, caFile, timeout, insecureHttp } = settings;
  if (timeout < 1) throw new ConfigError('signet.timeout must be at least 1 second');
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
