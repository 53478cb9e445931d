/**
 * The agent's tools: the two halves of sign.ts over connections that stay open, with the settings it was started with
 * and no others. Trust and services are read again for each certificate, so that a file that was renewed is used.
 */

import type { Crypto } from '../core/crypto.ts';
import { checkPayload } from '../core/git/signable.ts';
import type { Instance } from '../io/agent/instance.ts';
import { openWarmHttp } from '../io/agent/warm-http.ts';
import type { Workshop } from '../io/agent/workshop.ts';
import type { Environment, Settings } from '../io/config.ts';
import type { Credential } from '../io/credential.ts';
import { networkOptions } from '../io/network.ts';
import { readIdentityToken } from '../io/oidc/token.ts';
import type { Secret } from '../io/secret.ts';
import { chooseServices } from '../io/services.ts';
import type { SigningParts } from '../io/signing-login.ts';
import { lookDaily } from '../io/trust-daily.ts';
import { loadSigningConfig, loadTrust } from '../io/trust-store.ts';
import { obtainCredential, signWithCredential } from '../sign.ts';

export interface WorkshopOptions {
  readonly settings: Settings;
  readonly instance: Instance;
  readonly environment: Environment;
  readonly crypto: Crypto;
  /** Unix seconds. */
  readonly now: () => number;
  /** The file this process started from. */
  readonly entry: string;
}

/** @throws ConfigError for settings that no network can be reached with */
export function openWorkshop(options: WorkshopOptions): Workshop {
  const { settings, environment, crypto, now } = options;
  const { send } = openWarmHttp(networkOptions(settings, environment));
  let parts: SigningParts | undefined;
  const loadParts = async (): Promise<SigningParts> => {
    await lookDaily({ settings, crypto, environment, now });
    const [trust, signingConfig] = await Promise.all([
      loadTrust(settings, crypto),
      loadSigningConfig(settings),
    ]);
    const services = chooseServices(settings, signingConfig, now());
    parts = { settings, services, send, trust, crypto, now };
    return parts;
  };
  return {
    checkPayload: (payload) => void checkPayload(payload),
    readToken: (token) => {
      const { clientId, issuer } = settings;
      return readIdentityToken(token, { clientId, issuer, ownRequest: false, now: now() });
    },
    obtain: async (token, claims, expected): Promise<Credential> =>
      obtainCredential({ token, claims }, expected, await loadParts()),
    refresh: async (refreshToken) => {
      const { services } = await loadParts();
      const { refreshIdentityToken } = await import('../io/oidc/refresh.ts');
      const { issuerUrl } = services;
      const accept = (): void => undefined;
      return refreshIdentityToken({
        ...{ settings, issuerUrl, environment, send, now, accept },
        refreshToken,
      });
    },
    sign: async (payload, credential, watch) =>
      signWithCredential(payload, credential, parts ?? (await loadParts()), watch),
    ...keptTokens(options),
    now,
  };
}

/** Refresh tokens in the keyring, where signet.keyring allows it; never anywhere else (threat D19). */
function keptTokens({
  settings,
  instance,
  environment,
  entry,
}: WorkshopOptions): Pick<Workshop, 'recall' | 'remember'> {
  if (!settings.keyring) {
    return { recall: () => Promise.resolve(undefined), remember: () => Promise.resolve() };
  }
  const opened = import('../io/agent/keyring.ts').then(async (module) => ({
    keyring: await module.openKeyring({ environment, entry }),
    address: (expected: string) => module.keyringAddress(instance.digest, expected),
  }));
  return {
    recall: async (expected) => {
      const { keyring, address } = await opened;
      return keyring?.get(address(expected));
    },
    remember: async (expected: string, token: Secret | undefined) => {
      const { keyring, address } = await opened;
      if (token === undefined) await keyring?.delete(address(expected));
      else await keyring?.set(address(expected), token);
    },
  };
}

/** Loads what the first signature would otherwise wait for. Failing changes nothing. */
export async function warmUp(): Promise<void> {
  const { subtle } = globalThis.crypto;
  await Promise.allSettled([
    // also because an upgrade may take away the files that a running bundle would load later
    import('../io/oidc/refresh.ts'),
    import('../io/timestamp.ts'),
    import('node:http'),
    import('node:https'),
    subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']),
  ]);
}
