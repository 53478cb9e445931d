/**
 * The first step of a signature: the servers to sign with, connections to them, and an identity token whose account
 * may sign here. The same in place and in front of an agent.
 */

import type { Crypto } from '../core/crypto.ts';
import { acceptExpected, accountFor, expectationOf } from '../core/expectation.ts';
import { committerOf } from '../core/policy/committer.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import { createHttpClient } from '../http/http.ts';
import type { HttpSend } from '../http/message.ts';
import { networkOptions } from '../http/network.ts';
import { sayingWaits } from '../http/said-waits.ts';
import type { SigningContext } from '../login/browser/page.ts';
import { obtainIdentityToken } from '../login/identity-token.ts';
import type { IdentityToken } from '../login/token-request.ts';
import { chooseServices, type Services } from '../services/in-force.ts';
import type { Settings } from '../settings/load.ts';
import type { Environment } from '../system/environment.ts';
import type { Secret } from '../system/secret.ts';
import type { Terminal } from '../system/terminal.ts';
import type { SigningConfig } from '../trust/signing-services.ts';

/** What both halves work with. */
export interface SigningParts {
  readonly settings: Settings;
  readonly services: Services;
  readonly send: HttpSend;
  readonly trust: TrustMaterial;
  readonly crypto: Crypto;
  /** Policy and configuration both say that what is signed goes into no log. */
  readonly unlogged?: boolean;
  /** Unix seconds. */
  readonly now: () => number;
}

export interface SignRequest extends Omit<SigningParts, 'services' | 'send'> {
  readonly signingConfig: SigningConfig;
  readonly terminal: Terminal;
  readonly environment: Environment;
  /** What the person is told is being signed. */
  readonly context: SigningContext;
  /** An identity token that was handed over; absent: SIGSTORE_ID_TOKEN, else a login. */
  readonly token?: Secret | undefined;
  /** False where nobody keeps a refresh token. */
  readonly renewable?: boolean;
}

/**
 * Finds an identity token whose account may sign this payload, and gives it to `use` while the login's connections
 * and pages are still there. @throws ConfigError, LoginError, ServiceError
 */
export async function withLogin<T>(
  payload: Uint8Array,
  request: SignRequest,
  use: (identity: IdentityToken, parts: SigningParts) => Promise<T>,
): Promise<T> {
  const { settings, signingConfig, environment, terminal, now } = request;
  const expected = expectationOf(settings, payload);
  const services = chooseServices(settings, signingConfig, now());
  const { send, close } = createHttpClient(networkOptions(settings, environment));
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
    return await use(identity, { ...request, services, send: said });
  } finally {
    await identity?.finished;
    close();
  }
}
