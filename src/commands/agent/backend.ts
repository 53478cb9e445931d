/**
 * The agent's backend: the two halves of signing over connections that stay open, with the settings of the agent's start and
 * the network of each request. Trust root and services are read again for each certificate, so that renewed files are used.
 */

import type { AgentBackend } from '../../agent/daemon/backend.ts';
import {
  type AgentNetwork,
  type NetworkSources,
  openNetworks,
} from '../../agent/daemon/networks.ts';
import type { Instance } from '../../agent/instance.ts';
import type { NetworkOrOwn } from '../../agent/wire/request-network.ts';
import type { Crypto } from '../../core/crypto.ts';
import { checkSignable } from '../../core/statement/signable.ts';
import { readIdentityToken } from '../../login/token-claims.ts';
import { chooseServices } from '../../services/choose-servers.ts';
import { reachAll, serversInUse } from '../../services/reachability.ts';
import type { Credential } from '../../signing/credential.ts';
import { ledgerFor } from '../../signing/ledger.ts';
import type { SigningParts } from '../../signing/login.ts';
import { obtainCredential, signWithCredential } from '../../signing/sign.ts';
import type { Secret } from '../../system/secret.ts';
import { lookDaily } from '../../trust/daily.ts';
import { loadSigningConfig, loadTrust } from '../../trust/load.ts';

export interface BackendOptions extends NetworkSources {
  readonly instance: Instance;
  readonly crypto: Crypto;
  /** Unix seconds. */
  readonly now: () => number;
  /** The file this process started from. */
  readonly entry: string;
}

/** The parts that do not depend on the network of a request. */
type Common = Pick<SigningParts, 'services' | 'trust'>;

/** @throws ConfigError if no network can be reached with these settings */
export function openBackend(options: BackendOptions): AgentBackend {
  const { settings, crypto, now } = options;
  const networks = openNetworks(options);
  const ledger = ledgerFor(settings, options);
  let common: Common | undefined;
  const loadCommon = async ({ settings: asked, env }: AgentNetwork): Promise<Common> => {
    await lookDaily({ settings: asked, crypto, env, now });
    const [trust, signingConfig] = await Promise.all([
      loadTrust(settings, crypto),
      loadSigningConfig(settings),
    ]);
    common = { trust, services: chooseServices(settings, signingConfig, now()) };
    return common;
  };
  /** `fresh`: reads trust root and services again. */
  const partsFor = async (
    network: NetworkOrOwn,
    fresh: boolean,
  ): Promise<SigningParts & AgentNetwork> => {
    const asked = await networks.through(network);
    const known = (fresh ? undefined : common) ?? (await loadCommon(asked));
    return { ...asked, ...known, crypto, now, ledger };
  };
  return {
    checkPayload: (payload) => void checkSignable(payload),
    readToken: (token) => {
      const { clientId, issuer } = settings;
      return readIdentityToken(token, { clientId, issuer, ownRequest: false, now: now() });
    },
    obtain: async (login, expected, network): Promise<Credential> =>
      obtainCredential(login, expected, await partsFor(network, true)),
    refresh: async (refreshToken, network) => {
      const { services, ...parts } = await partsFor(network, true);
      const { refreshIdentityToken } = await import('../../login/refresh.ts');
      const { issuerUrl } = services;
      const accept = (): void => undefined;
      return refreshIdentityToken({ ...parts, issuerUrl, accept, refreshToken });
    },
    sign: async (payload, credential, network, watch) =>
      signWithCredential(payload, credential, await partsFor(network, false), watch),
    reach: async (network) => {
      const { services, send } = await partsFor(network, false);
      await reachAll(serversInUse(services), send);
    },
    everReached: networks.everReached,
    ...keptTokens(options),
    now,
  };
}

/** Keeps refresh tokens in the keyring if signet.keyring allows it, and nowhere else (threat D19). */
function keptTokens({
  settings,
  instance,
  env,
  entry,
}: BackendOptions): Pick<AgentBackend, 'recall' | 'remember'> {
  if (!settings.keyring) {
    return { recall: () => Promise.resolve(undefined), remember: () => Promise.resolve() };
  }
  const opened = import('../../agent/keyring/keyring.ts').then(async (module) => ({
    keyring: await module.openKeyring({ env, entry }),
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
