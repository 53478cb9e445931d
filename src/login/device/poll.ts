/** Asks the issuer whether the person has agreed yet (RFC 8628 §3.4, §3.5): at its pace, and for a limited time. */

import type { DeviceAuthorizationResponse, TokenEndpointResponse } from 'openid-client';
import { type ErrorCode, isSignetError, LoginError } from '../../errors.ts';
import { duration } from '../browser/page.ts';
import { type Issuer, type LoginTokens, loginTokens } from '../issuer.ts';
import { loginFailure } from '../issuer-errors.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** Seconds: where the issuer names none, and what `slow_down` adds. */
const INTERVAL = 5;
const SLOWER = 5;
/** Questions in a row that may go unanswered. */
const TROUBLES = 3;
const PASSING: readonly ErrorCode[] = ['SERVICE_UNREACHABLE', 'SERVICE_REFUSED'];

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
  let troubles = 0;
  while (waited + interval <= patience) {
    await wait(interval * 1000);
    waited += interval;
    const answer = await askOnce(issuer, device_code);
    if ('access_token' in answer) return loginTokens(answer);
    if (answer.word === 'slow_down') interval += SLOWER;
    troubles = answer.trouble === undefined ? 0 : troubles + 1;
    if (troubles > TROUBLES) throw answer.trouble;
    // §3.5: nobody answered, so the network or the server wants rest
    if (troubles > 0) interval *= 2;
  }
  throw new LoginError(
    'LOGIN_TIMEOUT',
    `nobody logged in within ${duration(Math.ceil(patience))}`,
    {
      hint: 'run the git command again to try once more',
    },
  );
}

interface NotYet {
  readonly word: 'authorization_pending' | 'slow_down' | 'trouble';
  readonly trouble?: Error;
}

/** The tokens, or why there are none yet. */
async function askOnce(
  { oidc, configuration, name }: Issuer,
  device_code: string,
): Promise<TokenEndpointResponse | NotYet> {
  try {
    return await oidc.genericGrantRequest(configuration, GRANT, { device_code });
  } catch (error) {
    const word = error instanceof Error && 'error' in error ? error.error : undefined;
    if (word === 'authorization_pending' || word === 'slow_down') return { word };
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
    const failure = loginFailure(error, new URL(name).host);
    const passing = isSignetError(failure) && PASSING.includes(failure.code);
    if (passing) return { word: 'trouble', trouble: failure };
    throw failure;
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
