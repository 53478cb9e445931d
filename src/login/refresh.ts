/**
 * Obtains a new identity token with the refresh token of an earlier login (OpenID Connect Core §12). Issuers rotate
 * refresh tokens and treat a second use as theft, so the caller must keep the refresh token that comes back.
 */

import type { Secret } from '../system/secret.ts';
import { type Connection, connectIssuer } from './connect.ts';
import { acceptToken } from './token-claims.ts';
import type { IdentityToken, TokenRequest } from './token-request.ts';

export interface RefreshRequest extends Connection, Pick<TokenRequest, 'accept' | 'now'> {
  readonly refreshToken: Secret;
}

/**
 * Returns a new identity token, checked and accepted, and the refresh token for the next time.
 * @throws LoginError (`LOGIN_FAILED` if the issuer has withdrawn the refresh token), ConfigError, ServiceError
 */
export async function refreshIdentityToken(request: RefreshRequest): Promise<IdentityToken> {
  const { settings, refreshToken, accept, now } = request;
  const issuer = await connectIssuer(request);
  const { idToken, refreshToken: next = refreshToken } = await issuer.refresh(refreshToken);
  // §12.2: the token has no nonce of a login. Its issuer, audience and account are compared as always
  const claims = acceptToken(idToken, { settings, accept, now, issuer: issuer.name });
  return {
    token: idToken,
    claims,
    refreshToken: next,
    source: 'refresh token',
    fresh: false,
    finished: Promise.resolve(),
  };
}
