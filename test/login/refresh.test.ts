/** A login that can be renewed, and the renewal, against the sandbox's issuer, which rotates its refresh tokens. */

import { describe, expect, it } from 'vitest';
import { LoginError } from '../../src/errors.ts';
import { loginWithBrowser } from '../../src/login/browser/browser.ts';
import { refreshIdentityToken } from '../../src/login/refresh.ts';
import { Secret } from '../../src/system/secret.ts';
import { useSandbox } from '../support/sandbox.ts';
import { clickingTerminal, tokenRequest } from '../support/token-request.ts';

const sandbox = useSandbox();

async function loggedIn(renewable = true) {
  const request = await tokenRequest({
    issuerUrl: sandbox().urls.issuer,
    terminal: clickingTerminal(),
    more: { renewable },
  });
  const identity = await loginWithBrowser(request);
  await identity.finished;
  return { request, identity };
}

describe('refreshIdentityToken', () => {
  it('renews without a person, and gives the token for the next time', async () => {
    const { request, identity } = await loggedIn();
    expect(identity.refreshToken).toBeInstanceOf(Secret);
    const { refreshToken = new Secret('') } = identity;
    const renewed = await refreshIdentityToken({ ...request, refreshToken });
    expect(renewed).toMatchObject({
      source: 'refresh token',
      fresh: false,
      claims: { challenge: 'alice@example.test' },
    });
    expect(renewed.refreshToken?.reveal()).not.toBe(refreshToken.reveal());
    await refreshIdentityToken({ ...request, refreshToken: renewed.refreshToken ?? refreshToken });
    request.client.close();
  });

  it('a spent refresh token is refused, and its error does not show it (O10)', async () => {
    const { request, identity } = await loggedIn();
    const { refreshToken = new Secret('') } = identity;
    await refreshIdentityToken({ ...request, refreshToken });
    const error = await refreshIdentityToken({ ...request, refreshToken }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'LOGIN_FAILED', exitCode: 4 });
    expect(`${JSON.stringify(error)}${error}`).not.toContain(refreshToken.reveal());
    request.client.close();
  });

  it('a renewed login must be of the expected account (O13)', async () => {
    const { request, identity } = await loggedIn();
    const { refreshToken = new Secret('') } = identity;
    const accept = () => {
      throw new LoginError('IDENTITY_UNEXPECTED', 'another account');
    };
    await expect(refreshIdentityToken({ ...request, accept, refreshToken })).rejects.toMatchObject({
      code: 'IDENTITY_UNEXPECTED',
    });
    request.client.close();
  });

  it('no refresh token is asked for if it is of no use', async () => {
    const { request, identity } = await loggedIn(false);
    expect(identity.refreshToken).toBeUndefined();
    request.client.close();
  });
});
