/**
 * The sandbox's OpenID Connect issuer: oidc-provider with real discovery, authorization code and PKCE, and a page
 * that a person or a browser under test clicks. It keeps no session, so each login asks again.
 */

import type { KeyObject } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Context, Provider } from 'oidc-provider/lib/provider.js';
import { answerOwner, readText } from '../owner-endpoint.ts';
import { consentPage, errorPage, type SandboxUser } from './consent-page.ts';
import { codePage, confirmPage, deviceDonePage, deviceInputPage } from './device-page.ts';
import { AUDIENCE, KEY_ID, subjectOf, TOKEN_SECONDS, type TokenIssuer } from './identity-token.ts';
import { OidcStore, storeAdapter } from './store.ts';

export interface IssuerOptions {
  readonly tokens: TokenIssuer;
  readonly users: readonly SandboxUser[];
  /** Answers for the person: the hinted user, else the first. */
  readonly autoApprove: boolean;
  /** Guards the paths below /sandbox/, and signs cookies. */
  readonly tokenSecret: string;
}

/** Where public Sigstore issuers show the code on a page of theirs instead of sending it anywhere. */
const OUT_OF_BAND = 'urn:ietf:wg:oauth:2.0:oob';

/** Accepts every path and port on this machine's loopback names (RFC 8252 §7.3), because clients differ in their paths. */
function isKnownRedirect(uri: string): boolean {
  if (uri === OUT_OF_BAND) return true;
  if (!URL.canParse(uri)) return false;
  const { protocol, hostname, hash, username } = new URL(uri);
  return (
    protocol === 'http:' &&
    ['127.0.0.1', 'localhost', '[::1]'].includes(hostname) &&
    hash === '' &&
    username === ''
  );
}

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** RFC 8628, with pages that work without script. */
const DEVICE_FLOW = {
  enabled: true,
  userCodeInputSource: (ctx: Context, form: string, _out: unknown, error?: Error) =>
    showPage(ctx, deviceInputPage(form, error !== undefined)),
  userCodeConfirmSource: (
    ctx: Context,
    form: string,
    _client: unknown,
    _device: unknown,
    code: string,
  ) => showPage(ctx, confirmPage(form, code)),
  successSource: (ctx: Context) => showPage(ctx, deviceDonePage()),
};

function configuration(
  options: IssuerOptions,
  key: KeyObject,
  policy: unknown,
): Record<string, unknown> {
  const { users } = options;
  const store = new OidcStore();
  return {
    adapter: (model: string) => storeAdapter(store, model),
    jwks: { keys: [{ ...key.export({ format: 'jwk' }), kid: KEY_ID, use: 'sig', alg: 'RS256' }] },
    clients: [
      {
        client_id: AUDIENCE,
        client_name: 'git-signet',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token', DEVICE_GRANT],
        response_types: ['code'],
        redirect_uris: ['http://127.0.0.1/auth/callback', 'http://localhost/auth/callback'],
        id_token_signed_response_alg: 'RS256',
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    // each use of a refresh token gives the next one and spends it, as careful issuers do
    rotateRefreshToken: () => true,
    pkce: { required: () => true },
    findAccount: (_ctx: unknown, accountId: string) => {
      const user = users.find(({ email }) => subjectOf(email) === accountId);
      if (user === undefined) return undefined;
      const claims = { sub: accountId, email: user.email, email_verified: user.emailVerified };
      return { accountId, claims: () => claims };
    },
    features: { devInteractions: { enabled: false }, deviceFlow: DEVICE_FLOW },
    interactions: {
      policy,
      url: (_ctx: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}`,
    },
    cookies: { keys: [options.tokenSecret] },
    renderError: (ctx: Context, out: { error: string; error_description?: string }) => {
      ctx.type = 'html';
      ctx.body = errorPage(out.error, out.error_description);
    },
    ttl: {
      IdToken: TOKEN_SECONDS,
      AccessToken: TOKEN_SECONDS,
      AuthorizationCode: 60,
      DeviceCode: 600,
      RefreshToken: 86_400,
      Session: 600,
      Grant: 600,
      Interaction: 600,
    },
  };
}

function showPage(ctx: Context, html: string): void {
  ctx.type = 'html';
  ctx.set('cache-control', 'no-store');
  ctx.set(
    'content-security-policy',
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  );
  ctx.body = html;
}

/** The person's answer: a user, or undefined for a refusal. */
async function finish(
  provider: Provider,
  ctx: Context,
  params: Readonly<Record<string, unknown>>,
  user: SandboxUser | undefined,
): Promise<void> {
  ctx.respond = false;
  const merge = { mergeWithLastSubmission: false };
  if (user === undefined) {
    const refusal = { error: 'access_denied', error_description: 'the person refused' };
    await provider.interactionFinished(ctx.req, ctx.res, refusal, merge);
    return;
  }
  const accountId = subjectOf(user.email);
  const grant = new provider.Grant({ accountId, clientId: String(params.client_id) });
  grant.addOIDCScope(String(params.scope));
  const consent = { grantId: await grant.save() };
  const result = { login: { accountId }, consent, select_account: {} };
  await provider.interactionFinished(ctx.req, ctx.res, result, merge);
}

async function interact(provider: Provider, options: IssuerOptions, ctx: Context): Promise<void> {
  const { users } = options;
  const { params } = await provider.interactionDetails(ctx.req, ctx.res);
  const hint = users.find(({ email }) => email === params.login_hint);
  if (options.autoApprove) return finish(provider, ctx, params, hint ?? users[0]);
  if (ctx.method !== 'POST')
    return showPage(ctx, consentPage(users, hint?.email, String(params.client_id)));
  const form = new URLSearchParams(await readText(ctx.req));
  const chosen = users.find(({ email }) => email === form.get('user'));
  if (chosen === undefined && form.get('deny') === null) {
    return showPage(ctx, consentPage(users, hint?.email, String(params.client_id)));
  }
  return finish(provider, ctx, params, chosen);
}

/** Forgets who logged in before, in every step of a login, as issuers without sessions do. */
function forgetSession(request: IncomingMessage): void {
  if (!/^\/auth(?:[/?]|$)/.test(request.url ?? '')) return;
  const kept = (request.headers.cookie ?? '')
    .split('; ')
    .filter((cookie) => !cookie.startsWith('_session'));
  request.headers.cookie = kept.join('; ');
}

/** The package's own prompts, and the choice of an account. */
async function interactionPolicy(): Promise<unknown> {
  const { base, Prompt } = await import('oidc-provider/lib/helpers/interaction_policy/index.js');
  const policy = base();
  policy.add(new Prompt({ name: 'select_account', requestable: true }), 0);
  return policy;
}

/** The code of an answer that has nowhere to go. */
function outOfBandCode(ctx: Context): string | undefined {
  const location = ctx.response.get('location');
  if (location?.startsWith(OUT_OF_BAND) !== true) return undefined;
  return new URL(location).searchParams.get('code') ?? 'none: the login was refused';
}

/** The issuer as a request listener. Its address must be known: `tokens.url()`. */
export async function makeIssuer(options: IssuerOptions): Promise<RequestListener> {
  // not the package's main module: it prints remarks about the runtime
  const { Provider: ProviderClass } = await import('oidc-provider/lib/provider.js');
  const provider = new ProviderClass(
    options.tokens.url(),
    configuration(options, options.tokens.privateKey, await interactionPolicy()),
  );
  provider.Client.prototype.redirectUriAllowed = isKnownRedirect;
  provider.use(async (ctx, next) => {
    if (ctx.path.startsWith('/interaction/')) await interact(provider, options, ctx);
    else await next();
    const code = outOfBandCode(ctx);
    if (code !== undefined) {
      ctx.remove('location');
      ctx.status = 200;
      showPage(ctx, codePage(code));
    }
  });
  const callback = provider.callback();
  return (request, response) => {
    if (request.url?.startsWith('/sandbox/') === true) {
      void answerOwner(options, request, response);
      return;
    }
    forgetSession(request);
    callback(request, response);
  };
}
