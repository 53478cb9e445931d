/**
 * A new identity token without a person: the refresh token of an earlier login (OpenID Connect Core §12). Issuers
 * rotate refresh tokens and take the second use of one for theft: whoever calls this keeps the token that comes back.
 */

import type { Secret } from '../system/secret.ts';
import { type Connection, connectIssuer } from './connect.ts';
import { readIdentityToken } from './token-claims.ts';
import type { IdentityToken, TokenRequest } from './token-request.ts';

export interface RefreshRequest extends Connection, Pick<TokenRequest, 'accept' | 'now'> {
  readonly refreshToken: Secret;
}

/**
 * A token whose claims are checked and whose account is accepted, with the refresh token for the next time.
 * @throws LoginError `LOGIN_FAILED` when the issuer has withdrawn the refresh token, ConfigError, ServiceError
 */
export async function refreshIdentityToken(request: RefreshRequest): Promise<IdentityToken> {
  const { settings, refreshToken, accept, now } = request;
  const issuer = await connectIssuer(request);
  const { idToken, refreshToken: next = refreshToken } = await issuer.refresh(refreshToken);
  // §12.2: the token carries no nonce of a login; its issuer, audience and person are compared as ever
  const claims = readIdentityToken(idToken, {
    clientId: settings.clientId,
    issuer: issuer.name,
    ownRequest: true,
    now: now(),
  });
  accept(claims);
  return {
    token: idToken,
    claims,
    refreshToken: next,
    source: 'refresh token',
    fresh: false,
    finished: Promise.resolve(),
  };
}
