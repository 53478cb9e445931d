/**
 * Writes the errors of OpenID Connect. Each is one line, in which the issuer's words are shortened and escaped, without
 * codes and tokens (threats O07, O10).
 */

import { visible } from '../core/escape.ts';
import { isSignetError, LoginError } from '../errors.ts';
import { TRY_AGAIN } from './remedies.ts';

/** Runs a step of the protocol, and throws its failure as one of our errors. */
export async function told<T>(host: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw loginFailure(error, host);
  }
}

const MAX_TOLD = 200;

/** Returns an error of openid-client as one of ours. openid-client wraps the errors of our HTTP client, and these come out again. */
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
      hint: TRY_AGAIN,
    });
  }
  return new LoginError('LOGIN_FAILED', `${issuer} did not accept the login (${words})`);
}

/**
 * Returns the library's own sentence about an answer. Deeper causes come from the runtime, and may quote the answer.
 */
function detailOf({ cause }: Error): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (!(cause instanceof Error) || !code.startsWith('OAUTH_')) return '';
  return `: ${visible(cause.message.slice(0, MAX_TOLD))}`;
}
