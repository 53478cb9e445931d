/**
 * Logs in with a code that the user types, if no other way works. The user logs in on any device, and the issuer's page
 * shows the code. It is read at the controlling terminal, because stdin holds the commit. Sigstore's issuers know the old
 * out-of-band redirect (RFC 6749) for it. No state comes back, so PKCE and the nonce tie the code to this login.
 */

import { LoginError } from '../errors.ts';
import { duration } from './browser/page.ts';
import { connectIssuer } from './connect.ts';
import { patienceElsewhere } from './patience.ts';
import { TRY_AGAIN } from './remedies.ts';
import { acceptToken } from './token-claims.ts';
import type { IdentityToken, TokenRequest } from './token-request.ts';

const REDIRECT = 'urn:ietf:wg:oauth:2.0:oob';

/** Logs in with a typed code. `why` says why no browser is used. @throws LoginError, ConfigError, ServiceError */
export async function loginWithPastedCode(
  request: TokenRequest,
  why: string,
): Promise<IdentityToken> {
  const { settings, terminal, expected, renewable = true } = request;
  const issuer = await connectIssuer(request);
  const secrets = issuer.newLogin();
  const address = await issuer.authorizationUrl(
    {
      redirectUri: REDIRECT,
      connectorId: settings.connectorId,
      identity: expected ?? settings.identity,
      renewable,
    },
    secrets,
  );
  const code = await askForCode(request, address, why);
  const answer = new URL(`${REDIRECT}?${new URLSearchParams({ code, state: secrets.state })}`);
  // the page shows only the code, so the issuer is the one of discovery, and PKCE proves the rest
  answer.searchParams.set('iss', issuer.name);
  const { idToken, ...renewal } = await issuer.exchange(answer, secrets);
  const claims = acceptToken(idToken, { ...request, issuer: issuer.name, nonce: secrets.nonce });
  terminal.say(`logged in as ${claims.names[0] ?? claims.challenge}`);
  return {
    ...renewal,
    token: idToken,
    claims,
    source: 'pasted code',
    fresh: true,
    finished: Promise.resolve(),
  };
}

async function askForCode(
  { terminal, settings }: TokenRequest,
  address: URL,
  why: string,
): Promise<string> {
  const patience = patienceElsewhere(settings.loginTimeout);
  const reason = why === '' ? '' : `${why}: `;
  terminal.say(`${reason}open this address on any device, log in, and type the code that it shows`);
  terminal.hint(address.href);
  const typed = await terminal.ask(
    `code (waiting up to ${duration(patience)}):`,
    AbortSignal.timeout(patience * 1000),
  );
  if (typed === undefined) {
    throw new LoginError('LOGIN_TIMEOUT', `no code was typed within ${duration(patience)}`, {
      hint: TRY_AGAIN,
    });
  }
  const code = typed.trim();
  if (/^[\x21-\x7e]{4,2048}$/.test(code)) return code;
  throw new LoginError('LOGIN_REFUSED', 'this is not a code of the issuer', {
    hint: TRY_AGAIN,
  });
}
