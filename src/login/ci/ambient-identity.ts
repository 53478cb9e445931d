/**
 * A token that needs no person: asked of the source that the surroundings offer, judged here before anybody else
 * sees it, and said in one line with its source, so that a stray variable never signs in silence (threat O15).
 */

import { isSignetError, LoginError, type SignetError } from '../../errors.ts';
import { saidWait } from '../../http/said-waits.ts';
import type { Secret } from '../../system/secret.ts';
import { readIdentityToken } from '../token-claims.ts';
import type { IdentityToken, TokenRequest } from '../token-request.ts';
import type { UnattendedSource } from '../unattended.ts';
import { tokenVariableOf } from './places.ts';

/** @throws LoginError */
export async function ambientIdentity(
  request: TokenRequest,
  { provider, label, source }: UnattendedSource,
): Promise<IdentityToken> {
  const { env, settings, send, terminal } = request;
  const token = await saidWait(
    source.fetch({ source, env, settings, send, audience: settings.clientId }),
    () => terminal.say(`waiting for an identity token from ${label}`),
  );
  // a variable or file was put there by somebody, who is held to the issuer that is configured by name; a CI
  // system is its own issuer, whatever people log in with
  return acceptGiven(request, token, {
    source: label,
    remedy: source.remedy,
    otherAccount: otherAccount({ provider, label }, request),
    ...(source.handed && settings.issuer !== undefined ? { issuer: settings.issuer } : {}),
  });
}

/** How to sign as somebody else than a source says: logging in would find the same source again. */
function otherAccount(
  { provider, label }: Pick<UnattendedSource, 'provider' | 'label'>,
  { settings }: Pick<TokenRequest, 'settings'>,
): string {
  const there = 'put a token of the expected account there';
  if (provider === 'envvar') return `unset ${tokenVariableOf(settings)}, or ${there}`;
  if (provider === 'filesystem') return `${there} (${label}), or set signet.tokenProvider`;
  return `${label} says who signs here: expect that account, or set signet.tokenProvider`;
}

export interface Given {
  readonly source: string;
  /** What to do where its token cannot be used. */
  readonly remedy: string;
  /** What to do where its token is good, and somebody else is expected. */
  readonly otherAccount: string;
  readonly issuer?: string | undefined;
}

/** Judges a token that was not made for this login, and says whose it is. @throws LoginError */
export function acceptGiven(
  { settings, now, terminal, accept }: TokenRequest,
  token: Secret,
  { source, remedy, otherAccount, issuer }: Given,
): IdentityToken {
  const { clientId } = settings;
  const claims = judged(
    () => readIdentityToken(token, { clientId, issuer, ownRequest: false, now: now() }),
    ({ code, message, hint }) =>
      new LoginError(code, `${source}: ${message}`, { hint: hint ?? remedy }),
  );
  judged(
    () => accept(claims),
    ({ code, message }) =>
      new LoginError(code, message, { hint: `nothing was published; ${otherAccount}` }),
  );
  terminal.say(`identity from ${source}: ${claims.names[0] ?? claims.challenge}`);
  return { token, claims, source, fresh: false, finished: Promise.resolve() };
}

/** A refusal, told as `tell` says. */
function judged<T>(step: () => T, tell: (refusal: SignetError) => LoginError): T {
  try {
    return step();
  } catch (error) {
    throw isSignetError(error) ? tell(error) : error;
  }
}
