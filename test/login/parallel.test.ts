/** Two logins at the same time, of two people, at one issuer. */

import { describe, expect, it } from 'vitest';
import { loginWithBrowser } from '../../src/login/browser/browser.ts';
import { useSandbox } from '../support/sandbox.ts';
import { clickingTerminal, tokenRequest } from '../support/token-request.ts';

const sandbox = useSandbox();

describe('loginWithBrowser', () => {
  it('two logins at once, each ends with its own account (O14)', async () => {
    const people = ['alice@example.test', 'bob@example.test'];
    const accounts = await Promise.all(
      people.map(async (expected) => {
        const terminal = clickingTerminal();
        const request = await tokenRequest({
          issuerUrl: sandbox().urls.issuer,
          terminal,
          more: { expected },
        });
        const { claims, finished } = await loginWithBrowser(request);
        await finished;
        request.client.close();
        return claims.challenge;
      }),
    );
    expect(accounts).toEqual(people);
  });
});
