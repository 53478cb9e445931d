/**
 * Waits for the user on the other device (RFC 8628 §3.4, §3.5). openid-client asks the issuer, as often as the issuer
 * allows. This file adds what the library leaves to its caller: an outage does not end the login, and the wait has a
 * deadline.
 */

import type { CustomFetch, DeviceAuthorizationResponse } from 'openid-client';
import { type ErrorCode, isSignetError, LoginError } from '../../errors.ts';
import type { HttpSend } from '../../http/message.ts';
import { duration } from '../browser/page.ts';
import { type Issuer, type LoginTokens, loginTokens } from '../issuer.ts';
import { loginFailure } from '../issuer-errors.ts';
import { fetchWith } from '../issuer-fetch.ts';
import { TRY_AGAIN } from '../remedies.ts';

/** Requests in a row that may fail. */
const TROUBLES = 3;
const PASSING: readonly ErrorCode[] = ['SERVICE_UNREACHABLE', 'SERVICE_REFUSED'];

/**
 * Asks until there is an answer, for `patience` seconds in all.
 * @throws LoginError `LOGIN_REFUSED`, `LOGIN_TIMEOUT`, `LOGIN_FAILED`, ServiceError
 */
export async function pollDevice(
  { oidc, configuration, name }: Issuer,
  authorization: DeviceAuthorizationResponse,
  { patience, send }: { readonly patience: number; readonly send: HttpSend },
): Promise<LoginTokens> {
  const over = new AbortController();
  const { signal } = over;
  // openid-client looks at the signal every 5 s
  const timer = setTimeout(() => over.abort(timedOut(patience)), patience * 1000);
  configuration[oidc.customFetch] = patientFetch(fetchWith(send), signal);
  try {
    return loginTokens(
      await oidc.pollDeviceAuthorizationGrant(configuration, authorization, undefined, { signal }),
    );
  } catch (error) {
    throw refusal(error) ?? loginFailure(error, new URL(name).host);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again after no answer, and waits twice as long each time, so that the server can recover (§3.5). */
function patientFetch(ask: CustomFetch, signal: AbortSignal): CustomFetch {
  let asked = performance.now();
  return async (url, options) => {
    for (let troubles = 1; ; troubles += 1) {
      const rest = 2 * (performance.now() - asked);
      asked = performance.now();
      try {
        // openid-client's own signal would end during a pause, and each request of ours has its own deadline
        return await ask(url, { ...options, signal });
      } catch (error) {
        const passing = isSignetError(error) && PASSING.includes(error.code);
        if (!passing || troubles > TROUBLES) throw error;
        await new Promise((resolve) => {
          setTimeout(resolve, rest);
          signal.addEventListener('abort', resolve, { once: true });
        });
        signal.throwIfAborted();
      }
    }
  };
}

function timedOut(patience: number): LoginError {
  const message = `you did not log in within ${duration(Math.ceil(patience))}`;
  return new LoginError('LOGIN_TIMEOUT', message, {
    hint: TRY_AGAIN,
  });
}

/** Returns the error for a user who refused or came too late, or undefined for another failure. */
function refusal(error: unknown): LoginError | undefined {
  const word = error instanceof Error && 'error' in error ? error.error : undefined;
  if (word === 'access_denied') {
    return new LoginError('LOGIN_REFUSED', 'the login was refused on the other device', {
      hint: TRY_AGAIN,
    });
  }
  if (word === 'expired_token') {
    return new LoginError('LOGIN_TIMEOUT', 'the code expired before you logged in', {
      hint: 'to get a new code, run the git command again',
    });
  }
  return undefined;
}
