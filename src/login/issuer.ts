/**
 * Speaks OpenID Connect with the issuer through openid-client: discovery, the authorization address, and the exchange of a
 * code, a refresh token or a device code. This file asks for every check that the library leaves to its caller: PKCE with
 * S256, state, nonce, and the token's signature (threats O01–O04, O08, L15, L16).
 */

import type { Configuration, ServerMetadata, TokenEndpointResponse } from 'openid-client';
import { LoginError } from '../errors.ts';
import { checkedUrl } from '../http/http.ts';
import type { HttpSend } from '../http/message.ts';
import { Secret } from '../system/secret.ts';
import { told } from './issuer-errors.ts';
import { fetchWith, SERVICE } from './issuer-fetch.ts';

export interface IssuerClient {
  readonly issuerUrl: string;
  readonly clientId: string;
  readonly clientSecret?: Secret | undefined;
  /** The issuer's host, if signet.insecureHttp names it. */
  readonly plainHost?: string | undefined;
}

export interface AuthorizationRequest {
  readonly redirectUri: string;
  readonly connectorId?: string | undefined;
  /** The expected account. */
  readonly identity?: string | undefined;
  /** True if the issuer must ask which account to use. */
  readonly chooseAccount?: boolean | undefined;
  /** True if a refresh token is wanted, and the issuer gives one. */
  readonly renewable?: boolean | undefined;
}

/** The secrets of one login. They are used once. */
export interface LoginSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: Secret;
}

/** The tokens of a login. */
export interface LoginTokens {
  readonly idToken: Secret;
  readonly refreshToken?: Secret | undefined;
}

/** An issuer that was discovered and supports PKCE with S256. */
export interface Issuer {
  readonly newLogin: () => LoginSecrets;
  /** Returns the address of the login page. @throws ServiceError if it is neither https nor loopback */
  readonly authorizationUrl: (request: AuthorizationRequest, secrets: LoginSecrets) => Promise<URL>;
  /** Exchanges the issuer's answer for tokens. @throws LoginError, ServiceError */
  readonly exchange: (answer: URL, secrets: LoginSecrets) => Promise<LoginTokens>;
  /** Exchanges a refresh token for new tokens. @throws LoginError, ServiceError */
  readonly refresh: (refreshToken: Secret) => Promise<LoginTokens>;
  /** The issuer's name in tokens (`iss`). */
  readonly name: string;
  /** The library, for other grants. */
  readonly oidc: Oidc;
  readonly configuration: Configuration;
  /** Returns the scopes to request. */
  readonly scope: (renewable: boolean) => string;
}

/** Discovers the issuer. @throws LoginError `LOGIN_FAILED`, ServiceError */
export async function discoverIssuer(client: IssuerClient, send: HttpSend): Promise<Issuer> {
  const oidc = await import('openid-client');
  const server = checkedUrl(client.issuerUrl, SERVICE, client.plainHost);
  const secret = client.clientSecret?.reveal();
  const configuration = await told(server.host, () =>
    oidc.discovery(server, client.clientId, {}, clientAuthentication(oidc, secret), {
      [oidc.customFetch]: fetchWith(send),
      // our HTTP client refuses http except on loopback
      execute: [oidc.enableNonRepudiationChecks, oidc.allowInsecureRequests],
    }),
  );
  const metadata = configuration.serverMetadata();
  if (!metadata.supportsPKCE('S256')) {
    throw new LoginError(
      'LOGIN_FAILED',
      `the issuer ${server.host} does not support PKCE with S256, so a login there would not be safe`,
    );
  }
  const scope = (renewable: boolean): string =>
    renewable && metadata.scopes_supported?.includes('offline_access') === true
      ? 'openid email offline_access'
      : 'openid email';
  return {
    name: metadata.issuer,
    oidc,
    configuration,
    scope,
    newLogin: () => ({
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: new Secret(oidc.randomPKCECodeVerifier()),
    }),
    authorizationUrl: (request, secrets) =>
      told(server.host, async () => {
        const challenge = await oidc.calculatePKCECodeChallenge(secrets.verifier.reveal());
        const parameters = {
          ...requestParameters(request, scope(request.renewable === true), metadata),
          state: secrets.state,
          nonce: secrets.nonce,
          code_challenge: challenge,
          code_challenge_method: 'S256',
        };
        const { href } = oidc.buildAuthorizationUrl(configuration, parameters);
        return checkedUrl(href, 'the login page', client.plainHost);
      }),
    exchange: (answer, secrets) => exchangeCode(oidc, configuration, answer, secrets),
    refresh: async (refreshToken) =>
      loginTokens(
        await told(server.host, () => oidc.refreshTokenGrant(configuration, refreshToken.reveal())),
      ),
  };
}

function requestParameters(
  { redirectUri, connectorId, identity, chooseAccount }: AuthorizationRequest,
  scope: string,
  metadata: ServerMetadata,
): Record<string, string> {
  const known = metadata['prompt_values_supported'];
  const choosing = !Array.isArray(known) || known.includes('select_account');
  // OpenID Connect Core §11: an issuer gives a refresh token only if the user was asked for consent
  const prompt = [
    ...(scope.includes('offline_access') ? ['consent'] : []),
    ...(chooseAccount === true && choosing ? ['select_account'] : []),
  ].join(' ');
  return {
    redirect_uri: redirectUri,
    scope,
    ...(prompt === '' ? {} : { prompt }),
    ...(connectorId ? { connector_id: connectorId } : {}),
    // a wrong account would be refused later, so the issuer should offer the right one first
    ...(identity ? { login_hint: identity } : {}),
  };
}

type Oidc = typeof import('openid-client');

/** Returns how the client authenticates: not at all without a secret, and by HTTP Basic unless the issuer takes a form only. */
function clientAuthentication(oidc: Oidc, secret: string | undefined) {
  if (secret === undefined) return oidc.None();
  const basic = oidc.ClientSecretBasic(secret);
  const form = oidc.ClientSecretPost(secret);
  return ((server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported;
    const useForm =
      methods?.includes('client_secret_post') && !methods.includes('client_secret_basic');
    (useForm ? form : basic)(server, client, body, headers);
  }) satisfies typeof basic;
}

async function exchangeCode(
  oidc: Oidc,
  configuration: Configuration,
  answer: URL,
  { state, nonce, verifier }: LoginSecrets,
): Promise<LoginTokens> {
  const { issuer } = configuration.serverMetadata();
  const tokens = await told(new URL(issuer).host, () =>
    oidc.authorizationCodeGrant(configuration, answer, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier.reveal(),
      idTokenExpected: true,
    }),
  );
  return loginTokens(tokens);
}

/** Returns the tokens of an answer. @throws LoginError if there is no identity token */
export function loginTokens(tokens: TokenEndpointResponse): LoginTokens {
  if (tokens.id_token === undefined)
    throw new LoginError('LOGIN_FAILED', 'the issuer gave no identity token');
  const refreshToken = tokens.refresh_token;
  return {
    idToken: new Secret(tokens.id_token),
    refreshToken: refreshToken === undefined ? undefined : new Secret(refreshToken),
  };
}
