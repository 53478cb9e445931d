/**
 * The first step of a signature: choose the servers, connect to them, and obtain an identity token whose account may sign
 * here. It is the same for signing in place and for a login that an agent keeps.
 */

import type { Crypto } from '../core/crypto.ts';
import { acceptExpected, accountFor, expectationOf } from '../core/expected-account.ts';
import { committerOf } from '../core/policy/committer.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import { createHttpClient } from '../http/http.ts';
import type { HttpSend } from '../http/message.ts';
import { networkOptions } from '../http/network.ts';
import { sayingWaits } from '../http/said-waits.ts';
import type { SigningContext } from '../login/browser/page.ts';
import { obtainIdentityToken } from '../login/obtain-token.ts';
import type { IdentityToken } from '../login/token-request.ts';
import { chooseServices, type Services } from '../services/choose-servers.ts';
import type { Settings } from '../settings/load.ts';
import type { Environment } from '../system/environment.ts';
import type { Secret } from '../system/secret.ts';
import type { Terminal } from '../system/terminal.ts';
import type { SigningConfig } from '../trust/signing-services.ts';
import { type Ledger, ledgerFor } from './ledger.ts';

/** Everything that signing needs besides the payload and the login. */
export interface SigningParts {
  readonly settings: Settings;
  readonly services: Services;
  readonly send: HttpSend;
  readonly trust: TrustMaterial;
  readonly crypto: Crypto;
  /** True if the policy and the configuration both say that signatures go into no log. */
  readonly unlogged?: boolean;
  /** Gets a line before the log is asked. Absent: none is kept. */
  readonly ledger?: Ledger;
  /** Unix seconds. */
  readonly now: () => number;
}

export interface SignRequest extends Omit<SigningParts, 'services' | 'send'> {
  readonly signingConfig: SigningConfig;
  readonly terminal: Terminal;
  readonly env: Environment;
  /** The object that is signed, as the user is told. */
  readonly context: SigningContext;
  /** An identity token that the user gave. Absent: SIGSTORE_ID_TOKEN, or a login. */
  readonly token?: Secret | undefined;
  /** False if no refresh token is kept. */
  readonly renewable?: boolean;
}

/**
 * Obtains an identity token whose account may sign this payload, and calls `use` with it while the login's connections and
 * pages are open. @throws ConfigError, LoginError, ServiceError
 */
export async function withLogin<T>(
  payload: Uint8Array,
  request: SignRequest,
  use: (identity: IdentityToken, parts: SigningParts) => Promise<T>,
): Promise<T> {
  const { settings, signingConfig, env, terminal, now } = request;
  const expected = expectationOf(settings, payload);
  const services = chooseServices(settings, signingConfig, now());
  const { send, close } = createHttpClient(networkOptions(settings, env));
  let identity: IdentityToken | undefined;
  try {
    const { issuerUrl } = services;
    identity = await obtainIdentityToken({
      ...{ ...request, given: request.token, issuerUrl, send },
      expected: accountFor(expected),
      committer: committerOf(payload),
      accept: (claims) => acceptExpected(expected, claims),
    });
    const said = sayingWaits(send, { terminal, timeout: settings.timeout });
    const ledger = ledgerFor(settings, { env, now });
    return await use(identity, { ...request, services, send: said, ledger });
  } finally {
    await identity?.finished;
    close();
  }
}
