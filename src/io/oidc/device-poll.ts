/** Asks the issuer whether the person has agreed yet (RFC 8628 §3.4, §3.5): at its pace, and for a limited time. */

import type { DeviceAuthorizationResponse, TokenEndpointResponse } from 'openid-client';
import { isSignetError, LoginError } from '../../errors.ts';
import { type Issuer, type LoginTokens, loginTokens } from './issuer.ts';
import { loginFailure } from './issuer-errors.ts';
import { duration } from './page.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** Seconds: where the issuer names none, and what `slow_down` adds. */
const INTERVAL = 5;
const SLOWER = 5;

export interface Polling {
  /** Seconds in all. */
  readonly patience: number;
  readonly wait?: ((milliseconds: number) => Promise<void>) | undefined;
}

/** @throws LoginError `LOGIN_REFUSED`, `LOGIN_TIMEOUT`, `LOGIN_FAILED`, ServiceError */
export async function pollDevice(
  issuer: Issuer,
  { device_code, interval: asked }: DeviceAuthorizationResponse,
  { patience, wait = sleep }: Polling,
): Promise<LoginTokens> {
  let interval = asked !== undefined && asked > 0 ? asked : INTERVAL;
  let waited = 0;
  while (waited + interval <= patience) {
    await wait(interval * 1000);
    waited += interval;
    const answer = await askOnce(issuer, device_code);
    if (typeof answer !== 'string') return loginTokens(answer);
    if (answer === 'slow_down') interval += SLOWER;
    // §3.5: nobody answered, so the network or the server is in trouble
    if (answer === 'unreachable') interval *= 2;
  }
  throw new LoginError(
    'LOGIN_TIMEOUT',
    `nobody logged in within ${duration(Math.ceil(patience))}`,
    {
      hint: 'run the git command again to try once more',
    },
  );
}

/** The tokens, or why there are none yet. */
async function askOnce(
  { oidc, configuration }: Issuer,
  device_code: string,
): Promise<TokenEndpointResponse | 'authorization_pending' | 'slow_down' | 'unreachable'> {
  try {
    return await oidc.genericGrantRequest(configuration, GRANT, { device_code });
  } catch (error) {
    const word = error instanceof Error && 'error' in error ? error.error : undefined;
    if (word === 'authorization_pending' || word === 'slow_down') return word;
    if (word === 'access_denied') {
      throw new LoginError('LOGIN_REFUSED', 'the login was refused on the other device', {
        hint: 'run the git command again to try once more',
      });
    }
    if (word === 'expired_token') {
      throw new LoginError('LOGIN_TIMEOUT', 'the code has expired before anybody logged in', {
        hint: 'run the git command again for a new one',
      });
    }
    const failure = loginFailure(error);
    if (isSignetError(failure) && failure.code === 'SERVICE_UNREACHABLE') return 'unreachable';
    throw failure;
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
