/**
 * An issuer that does what a test tells it to: honest by default, with one thing wrong at a time. Its login page is
 * no page: `answer` is called with the authorization request and says where the browser is sent.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export interface Wrong {
  /** Replaces or adds to the discovery document; a function gets the honest one. */
  readonly discovery?: (honest: Record<string, unknown>) => unknown;
  /** Replaces the parameters of the redirect. */
  readonly answer?: (honest: URLSearchParams, request: URLSearchParams) => URLSearchParams | string;
  readonly claims?: (honest: JWTPayload) => JWTPayload;
  /** Signs with a key that is not in its JWKS. */
  readonly foreignKey?: boolean;
  /** Replaces the ID token. */
  readonly idToken?: (honest: string) => string | undefined;
  /** Replaces or adds to what the token endpoint answers. */
  readonly tokens?: Readonly<Record<string, string>>;
  /** Takes a request over; true when it did. */
  readonly handle?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export interface TestIssuer {
  readonly url: string;
  /** Bodies that the token endpoint received. */
  readonly exchanges: URLSearchParams[];
  readonly authorizations: URLSearchParams[];
  readonly be: (wrong: Wrong) => void;
  readonly close: () => Promise<void>;
}

const json = (response: ServerResponse, value: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
};

export async function startIssuer(): Promise<TestIssuer> {
  const keys = await generateKeyPair('RS256', { extractable: true });
  const foreign = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const exchanges: URLSearchParams[] = [];
  const authorizations: URLSearchParams[] = [];
  let wrong: Wrong = {};
  let url = '';
  const server = createServer(async (request, response) => {
    if (wrong.handle?.(request, response) === true) return;
    const asked = new URL(request.url ?? '/', url);
    if (asked.pathname === '/.well-known/openid-configuration') {
      const honest = {
        issuer: url,
        authorization_endpoint: `${url}/auth`,
        token_endpoint: `${url}/token`,
        jwks_uri: `${url}/jwks`,
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      };
      return json(response, wrong.discovery?.(honest) ?? honest);
    }
    if (asked.pathname === '/jwks') return json(response, { keys: [jwk] });
    if (asked.pathname === '/auth') {
      authorizations.push(asked.searchParams);
      const honest = new URLSearchParams({
        // its number tells which login it is of
        code: `the-code-${authorizations.length}`,
        state: asked.searchParams.get('state') ?? '',
        iss: url,
      });
      const answer = wrong.answer?.(honest, asked.searchParams) ?? honest;
      response.writeHead(302, { location: `${asked.searchParams.get('redirect_uri')}?${answer}` });
      return response.end();
    }
    let body = '';
    for await (const chunk of request) body += chunk;
    const exchange = new URLSearchParams(body);
    exchanges.push(exchange);
    const login = Number(/^the-code-(\d+)$/.exec(exchange.get('code') ?? '')?.[1] ?? 0);
    const now = Math.floor(Date.now() / 1000);
    const honest: JWTPayload = {
      iss: url,
      aud: 'sigstore',
      sub: 'u-1',
      email: 'alice@example.test',
      email_verified: true,
      iat: now,
      exp: now + 300,
      nonce: authorizations.at(login - 1)?.get('nonce') ?? '',
    };
    const token = await new SignJWT(wrong.claims?.(honest) ?? honest)
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .sign(wrong.foreignKey === true ? foreign.privateKey : keys.privateKey);
    const idToken = wrong.idToken === undefined ? token : wrong.idToken(token);
    const tokens = { access_token: 'a', token_type: 'Bearer', id_token: idToken };
    return json(response, { ...tokens, ...wrong.tokens });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    exchanges,
    authorizations,
    be: (next) => {
      wrong = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
