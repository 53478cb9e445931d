/**
 * Obtains an identity token without a person, from the source that was found here. The token is checked before anything
 * leaves this machine. One line names its source, so that a forgotten variable never signs silently (threat O15).
 */

import { isSignetError, LoginError, type SignetError } from '../../errors.ts';
import { saidWait } from '../../http/said-waits.ts';
import type { Secret } from '../../system/secret.ts';
import { readIdentityToken } from '../token-claims.ts';
import type { IdentityToken, TokenRequest } from '../token-request.ts';
import type { UnattendedSource } from '../unattended.ts';
import { tokenVariableOf } from './places.ts';

/** Obtains the token from a source, and checks it. @throws LoginError, ServiceError */
export async function ambientIdentity(
  request: TokenRequest,
  { provider, label, source }: UnattendedSource,
): Promise<IdentityToken> {
  const { env, settings, send, terminal } = request;
  const token = await saidWait(
    source.fetch({ source, env, settings, send, audience: settings.clientId }),
    () => terminal.say(`waiting for an identity token from ${label}`),
  );
  // a token in a variable or file must come from the configured issuer. A CI system is its own issuer, whichever
  // issuer is configured for people
  return acceptGiven(request, token, {
    source: label,
    remedy: source.remedy,
    otherAccount: otherAccount({ provider, label }, request),
    issuer: source.handed ? settings.issuer : undefined,
  });
}

/** Returns what to do to sign as another account. A login would not help, because it would find the same source. */
function otherAccount(
  { provider, label }: Pick<UnattendedSource, 'provider' | 'label'>,
  { settings }: Pick<TokenRequest, 'settings'>,
): string {
  const there = 'put a token of the expected account there';
  if (provider === 'envvar') return `unset ${tokenVariableOf(settings)}, or ${there}`;
  if (provider === 'filesystem') return `${there} (${label}), or set signet.tokenProvider`;
  return `expect the account of ${label}, or set signet.tokenProvider`;
}

export interface Given {
  readonly source: string;
  /** What to do if its token cannot be used. */
  readonly remedy: string;
  /** What to do if its token can be used, but another account is expected. */
  readonly otherAccount: string;
  readonly issuer?: string | undefined;
}

/** Checks a token that was not made for this login, and prints its account. @throws LoginError */
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
      new LoginError(code, message, {
        hint: `nothing was published. To sign as another account: ${otherAccount}`,
      }),
  );
  terminal.say(`identity from ${source}: ${claims.names[0] ?? claims.challenge}`);
  return { token, claims, source, fresh: false, finished: Promise.resolve() };
}

/** Runs a step, and throws what `tell` makes of its error. */
function judged<T>(step: () => T, tell: (refusal: SignetError) => LoginError): T {
  try {
    return step();
  } catch (error) {
    throw isSignetError(error) ? tell(error) : error;
  }
}
