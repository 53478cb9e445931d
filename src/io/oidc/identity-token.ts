/**
 * The way to an identity token: handed over, in SIGSTORE_ID_TOKEN, or a login in a browser on this machine. Each way
 * is one function; the order in `chooseWay` is the order in which they are tried, so that more ways can stand between.
 */

import { ConfigError, LoginError } from '../../errors.ts';
import type { Environment, Settings } from '../config.ts';
import type { HttpSend } from '../http.ts';
import { Secret } from '../secret.ts';
import type { Terminal } from '../terminal.ts';
import type { SigningContext } from './page.ts';
import { type IdentityClaims, readIdentityToken } from './token.ts';

export interface TokenRequest {
  readonly settings: Settings;
  readonly issuerUrl: string;
  readonly environment: Environment;
  readonly terminal: Terminal;
  readonly send: HttpSend;
  /** Unix seconds. */
  readonly now: () => number;
  readonly context: SigningContext;
  /** The account that is expected, where one is: asked for at the issuer; `accept` decides. */
  readonly expected?: string | undefined;
  /** False where a refresh token would be of no use; else one is asked for where the issuer gives any. */
  readonly renewable?: boolean;
  /** A token that somebody handed over (`--token-stdin`). */
  readonly given?: Secret | undefined;
  /** Refuses an account that must not sign here, before anything is asked of the CA. @throws LoginError */
  readonly accept: (claims: IdentityClaims) => void;
}

export interface IdentityToken {
  readonly token: Secret;
  readonly claims: IdentityClaims;
  /** For the next time without a person, where the issuer gave one. */
  readonly refreshToken?: Secret;
  /** Where it is from: `browser`, `refresh token`, `SIGSTORE_ID_TOKEN`, `GitHub Actions`. */
  readonly source: string;
  /** True when a person has just logged in. */
  readonly fresh: boolean;
  /** Settles when nothing of the login is left: the last page was fetched, nobody listens. */
  readonly finished: Promise<void>;
}

type Way = (request: TokenRequest) => Promise<IdentityToken>;

/** A token whose claims are checked and whose account is accepted. @throws LoginError, ConfigError, ServiceError */
export async function obtainIdentityToken(request: TokenRequest): Promise<IdentityToken> {
  const way = chooseWay(request);
  return way(request);
}

const PROVIDERS = ['interactive', 'envvar'] as const;

/** @throws ConfigError for a provider that there is not, LoginError when the one asked for has nothing */
function chooseWay({ given, settings, environment }: TokenRequest): Way {
  if (given !== undefined) return (request) => handedOver(given, 'the token given', request);
  const provider = settings.tokenProvider ?? '';
  if (provider !== '' && !PROVIDERS.some((name) => name === provider)) {
    throw new ConfigError(`signet.tokenProvider = ${provider}: expected ${PROVIDERS.join(' or ')}`);
  }
  const variable = environment['SIGSTORE_ID_TOKEN']?.trim() ?? '';
  if (provider !== 'interactive' && variable !== '') {
    return (request) => handedOver(new Secret(variable), 'SIGSTORE_ID_TOKEN', request);
  }
  if (provider === 'envvar') {
    throw new LoginError(
      'LOGIN_FAILED',
      'no login: SIGSTORE_ID_TOKEN is not set (signet.tokenProvider = envvar)',
    );
  }
  return withBrowser;
}

async function handedOver(
  token: Secret,
  source: string,
  request: TokenRequest,
): Promise<IdentityToken> {
  const { settings, now, terminal, accept } = request;
  const { clientId, issuer, quiet } = settings;
  if (!quiet) terminal.say(`identity from ${source}`);
  // any issuer that the CA accepts may have made it, unless one was configured by name
  const claims = readIdentityToken(token, { clientId, issuer, ownRequest: false, now: now() });
  accept(claims);
  return { token, claims, source, fresh: false, finished: Promise.resolve() };
}

async function withBrowser(request: TokenRequest): Promise<IdentityToken> {
  const { loginWithBrowser } = await import('./browser.ts');
  return loginWithBrowser(request);
}
