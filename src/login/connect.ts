/** Connects to the issuer of a login. Refuses if TLS certificates are not checked. */

import { ConfigError, LoginError } from '../errors.ts';
import type { HttpSend } from '../http/message.ts';
import { insecureHosts } from '../http/network.ts';
import type { Settings } from '../settings/settings.ts';
import type { Environment } from '../system/environment.ts';
import { Secret } from '../system/secret.ts';
import { discoverIssuer, type Issuer } from './issuer.ts';

export interface Connection {
  readonly settings: Pick<Settings, 'clientId' | 'clientSecretFile' | 'insecureHttp'>;
  readonly issuerUrl: string;
  readonly env: Environment;
  readonly send: HttpSend;
}

/** Refuses a login while NODE_TLS_REJECT_UNAUTHORIZED=0 is set (threat O17). @throws LoginError `LOGIN_FAILED` */
export function refuseUncheckedTls(env: Environment): void {
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0') return;
  throw new LoginError(
    'LOGIN_FAILED',
    'there is no login while NODE_TLS_REJECT_UNAUTHORIZED=0 switches certificate checking off',
    {
      hint: 'unset NODE_TLS_REJECT_UNAUTHORIZED. To add your own authority: NODE_EXTRA_CA_CERTS=FILE',
    },
  );
}

/** Discovers the issuer with this client's settings. @throws LoginError, ConfigError, ServiceError */
export async function connectIssuer(connection: Connection): Promise<Issuer> {
  const { settings, env, issuerUrl, send } = connection;
  refuseUncheckedTls(env);
  const clientSecret = await readClientSecret(settings.clientSecretFile);
  const { clientId } = settings;
  const hostname = URL.parse(issuerUrl)?.hostname;
  const plain = hostname !== undefined && insecureHosts(settings.insecureHttp).has(hostname);
  const plainHost = plain ? hostname : undefined;
  return discoverIssuer({ issuerUrl, clientId, clientSecret, plainHost }, send);
}

/** Reads signet.clientSecretFile without the blanks around the secret, as gitsign does. @throws ConfigError */
async function readClientSecret(path: string | undefined): Promise<Secret | undefined> {
  if (path === undefined) return undefined;
  const { readFile } = await import('node:fs/promises');
  try {
    return new Secret((await readFile(path, 'utf8')).trim());
  } catch (cause) {
    throw new ConfigError(`cannot read ${path} (signet.clientSecretFile)`, { cause });
  }
}
