/**
 * What is asked of the issuer: discovery, the authorization address, the exchange of a code, a refresh token or a
 * device code. openid-client speaks OpenID Connect; every check that it leaves to its caller is asked for here: PKCE
 * with S256, state, nonce, the signature of the token (threats O01–O04, O08, L15, L16).
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
  /** The issuer's host, where signet.insecureHttp names it. */
  readonly plainHost?: string | undefined;
}

export interface AuthorizationRequest {
  readonly redirectUri: string;
  readonly connectorId?: string | undefined;
  /** The account that is expected. */
  readonly identity?: string | undefined;
  /** The issuer is to ask which account, whoever is logged in there. */
  readonly chooseAccount?: boolean | undefined;
  /** A refresh token is wanted too, where the issuer gives any. */
  readonly renewable?: boolean | undefined;
}

/** One login's secrets, made fresh and used once. */
export interface LoginSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: Secret;
}

/** What a login gives. */
export interface LoginTokens {
  readonly idToken: Secret;
  readonly refreshToken?: Secret | undefined;
}

/** An issuer that was discovered and offers what a safe login needs. */
export interface Issuer {
  readonly newLogin: () => LoginSecrets;
  /** Where to send the person. @throws ServiceError for an address that is not https (or loopback) */
  readonly authorizationUrl: (request: AuthorizationRequest, secrets: LoginSecrets) => Promise<URL>;
  /** The tokens for the issuer's answer. @throws LoginError, ServiceError */
  readonly exchange: (answer: URL, secrets: LoginSecrets) => Promise<LoginTokens>;
  /** New tokens for a refresh token. @throws LoginError, ServiceError */
  readonly refresh: (refreshToken: Secret) => Promise<LoginTokens>;
  /** The issuer as tokens name it. */
  readonly name: string;
  /** For the ways that need more of openid-client. */
  readonly oidc: Oidc;
  readonly configuration: Configuration;
  /** The scopes to ask for. */
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
      // the client below refuses http anywhere but on loopback
      execute: [oidc.enableNonRepudiationChecks, oidc.allowInsecureRequests],
    }),
  );
  const metadata = configuration.serverMetadata();
  if (!metadata.supportsPKCE('S256')) {
    throw new LoginError(
      'LOGIN_FAILED',
      `the issuer ${server.host} offers no PKCE with S256; a login there would not be safe`,
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
  // OpenID Connect Core §11: a refresh token is given only where the person was asked for it
  const prompt = [
    ...(scope.includes('offline_access') ? ['consent'] : []),
    ...(chooseAccount === true && choosing ? ['select_account'] : []),
  ].join(' ');
  return {
    redirect_uri: redirectUri,
    scope,
    ...(prompt === '' ? {} : { prompt }),
    ...(connectorId ? { connector_id: connectorId } : {}),
    // a wrong account publishes nothing, but choosing the right one at once is better
    ...(identity ? { login_hint: identity } : {}),
  };
}

type Oidc = typeof import('openid-client');

/** Public clients say nothing; with a secret, basic authentication unless the issuer takes it in the form only. */
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

/** @throws LoginError where there is no identity token among them */
export function loginTokens(tokens: TokenEndpointResponse): LoginTokens {
  if (tokens.id_token === undefined)
    throw new LoginError('LOGIN_FAILED', 'the issuer gave no identity token');
  const refreshToken = tokens.refresh_token;
  return {
    idToken: new Secret(tokens.id_token),
    refreshToken: refreshToken === undefined ? undefined : new Secret(refreshToken),
  };
}
