/**
 * How a failed step of OpenID Connect is told: one line, in which an issuer's own words are shortened and made
 * harmless, and no code or token appears (threats O07, O10).
 */

import { visible } from '../core/escape.ts';
import { isSignetError, LoginError } from '../errors.ts';

/** Runs a step of the protocol and tells its failure in one line, without codes or tokens. */
export async function told<T>(host: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw loginFailure(error, host);
  }
}

const MAX_TOLD = 200;

/** An error of openid-client as ours. Errors of our own client pass through it wrapped. */
export function loginFailure(error: unknown, host?: string): Error {
  const issuer = host === undefined ? 'the issuer' : `the issuer ${host}`;
  for (let inner = error; inner instanceof Error; inner = inner.cause)
    if (isSignetError(inner)) return inner;
  if (!(error instanceof Error)) return new LoginError('LOGIN_FAILED', 'the login failed');
  const answered = 'error' in error && typeof error.error === 'string' ? error.error : undefined;
  if (answered === undefined) {
    return new LoginError(
      'LOGIN_FAILED',
      `the login failed: an answer of ${issuer} cannot be used (${visible(error.message)}${detailOf(error)})`,
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
  return new LoginError('LOGIN_FAILED', `${issuer} did not accept the login (${words})`);
}

/**
 * What was wrong with an answer: the library's own sentence, one level down. Deeper causes are the runtime's, and may
 * hold a piece of the answer.
 */
function detailOf({ cause }: Error): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (!(cause instanceof Error) || !code.startsWith('OAUTH_')) return '';
  return `: ${visible(cause.message.slice(0, MAX_TOLD))}`;
}
