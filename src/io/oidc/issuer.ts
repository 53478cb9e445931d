/**
 * What is asked of the issuer: discovery, the authorization address, the exchange of the code. openid-client speaks
 * OpenID Connect; every check that it leaves to its caller is asked for here: PKCE with S256, state, nonce, the
 * signature of the token (threats O01–O04, O08, L15, L16). Its requests go through our own bounded client.
 */

import type { Configuration, CustomFetch } from 'openid-client';
import { visible } from '../../core/escape.ts';
import { isSignetError, LoginError, ServiceError } from '../../errors.ts';
import { checkedUrl, type HttpSend } from '../http.ts';
import { Secret } from '../secret.ts';

export interface IssuerClient {
  readonly issuerUrl: string;
  readonly clientId: string;
  readonly clientSecret?: Secret | undefined;
}

export interface AuthorizationRequest {
  readonly redirectUri: string;
  readonly connectorId?: string | undefined;
  /** The account that is expected. */
  readonly identity?: string | undefined;
}

/** One login's secrets, made fresh and used once. */
export interface LoginSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: Secret;
}

/** An issuer that was discovered and offers what a safe login needs. */
export interface Issuer {
  readonly newLogin: () => LoginSecrets;
  /** Where to send the person. @throws ServiceError for an address that is not https (or loopback) */
  readonly authorizationUrl: (request: AuthorizationRequest, secrets: LoginSecrets) => Promise<URL>;
  /** The ID token for the issuer's answer. @throws LoginError, ServiceError */
  readonly exchange: (answer: URL, secrets: LoginSecrets) => Promise<Secret>;
  /** The issuer as tokens name it. */
  readonly name: string;
}

const SERVICE = 'the issuer';

/** Discovers the issuer. @throws LoginError `LOGIN_FAILED`, ServiceError */
export async function discoverIssuer(client: IssuerClient, send: HttpSend): Promise<Issuer> {
  const oidc = await import('openid-client');
  const server = checkedUrl(client.issuerUrl, SERVICE);
  const secret = client.clientSecret?.reveal();
  const configuration = await told(() =>
    oidc.discovery(server, client.clientId, {}, clientAuthentication(oidc, secret), {
      [oidc.customFetch]: fetchWith(send),
      // the client below refuses http anywhere but on loopback
      execute: [oidc.enableNonRepudiationChecks, oidc.allowInsecureRequests],
    }),
  );
  if (!configuration.serverMetadata().supportsPKCE('S256')) {
    throw new LoginError(
      'LOGIN_FAILED',
      `the issuer ${server.host} offers no PKCE with S256; a login there would not be safe`,
    );
  }
  return {
    name: configuration.serverMetadata().issuer,
    newLogin: () => ({
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: new Secret(oidc.randomPKCECodeVerifier()),
    }),
    authorizationUrl: (request, secrets) =>
      told(async () => {
        const challenge = await oidc.calculatePKCECodeChallenge(secrets.verifier.reveal());
        const parameters = authorizationParameters(request, secrets, challenge);
        const { href } = oidc.buildAuthorizationUrl(configuration, parameters);
        return checkedUrl(href, 'the login page');
      }),
    exchange: (answer, secrets) => exchangeCode(oidc, configuration, answer, secrets),
  };
}

function authorizationParameters(
  { redirectUri, connectorId, identity }: AuthorizationRequest,
  { state, nonce }: LoginSecrets,
  challenge: string,
): Record<string, string> {
  return {
    redirect_uri: redirectUri,
    scope: 'openid email',
    state,
    nonce,
    code_challenge: challenge,
    code_challenge_method: 'S256',
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
): Promise<Secret> {
  const tokens = await told(() =>
    oidc.authorizationCodeGrant(configuration, answer, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier.reveal(),
      idTokenExpected: true,
    }),
  );
  if (tokens.id_token === undefined)
    throw new LoginError('LOGIN_FAILED', 'the issuer gave no identity token');
  return new Secret(tokens.id_token);
}

/** Runs a step of the protocol and tells its failure in one line, without codes or tokens. */
async function told<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw loginFailure(error);
  }
}

const MAX_TOLD = 200;

/** An error of openid-client as ours. Errors of our own client pass through it wrapped. */
export function loginFailure(error: unknown): Error {
  for (let inner = error; inner instanceof Error; inner = inner.cause)
    if (isSignetError(inner)) return inner;
  if (!(error instanceof Error)) return new LoginError('LOGIN_FAILED', 'the login failed');
  const answered = 'error' in error && typeof error.error === 'string' ? error.error : undefined;
  if (answered === undefined) {
    return new LoginError(
      'LOGIN_FAILED',
      `the login failed: the issuer's answer cannot be used (${visible(error.message)})`,
    );
  }
  const described =
    'error_description' in error && typeof error.error_description === 'string'
      ? error.error_description
      : '';
  const words = visible(
    [answered, described]
      .filter((part) => part !== '')
      .join(': ')
      .slice(0, MAX_TOLD),
  );
  if ('code' in error && error.code === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR') {
    return new LoginError('LOGIN_REFUSED', `the login was refused (${words})`, {
      hint: 'run the git command again to try once more',
    });
  }
  return new LoginError('LOGIN_FAILED', `the issuer did not accept the login (${words})`);
}

/** openid-client's requests, over our own client: bounded, no redirects, https but on loopback. */
function fetchWith(send: HttpSend): CustomFetch {
  return async (url, { method, headers, body, signal }) => {
    if (method !== 'GET' && method !== 'POST')
      throw new ServiceError('SERVICE_REFUSED', `${SERVICE} was not asked: ${method}`);
    const answer = await send({
      service: SERVICE,
      method,
      url,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, new Secret(value)]),
      ),
      ...(body === undefined || body === null ? {} : { body: new Secret(String(body)) }),
      ...(signal === undefined ? {} : { signal }),
      limit: 256 * 1024,
      idempotent: method === 'GET',
      hint: 'nothing was signed; try again',
    });
    const empty = answer.status === 204 || answer.status === 205;
    return new Response(empty ? null : Uint8Array.from(answer.body), {
      status: answer.status,
      headers: answer.headers,
    });
  };
}
