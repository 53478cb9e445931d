/** A code that is typed: never from stdin, bound to this login by PKCE and nonce. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loginWithPastedCode } from '../../src/login/paste.ts';
import { startIssuer, type TestIssuer } from '../support/issuer.ts';
import { visit } from '../support/person.ts';
import { useSandbox } from '../support/sandbox.ts';
import { fakeTerminal, type Listener } from '../support/signing.ts';
import { tokenRequest } from '../support/token-request.ts';

const sandbox = useSandbox();
let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await startIssuer();
});
afterAll(() => issuer.close());

/** Types `code` when asked; a function gets the address that was said. */
function typing(code: (address: string) => Promise<string | undefined>): Listener {
  const terminal = fakeTerminal();
  return {
    ...terminal,
    ask: async (question) => {
      terminal.lines.push(question);
      const address = terminal.lines.find((line) => line.startsWith('  http'))?.trim() ?? '';
      return code(address);
    },
  };
}

async function attempt(terminal: Listener, issuerUrl: string) {
  const request = await tokenRequest({ issuerUrl, terminal });
  const outcome = await loginWithPastedCode(request, 'no browser here').catch((e: unknown) => e);
  request.client.close();
  return outcome;
}

const codeOf = async (address: string) =>
  /<code>([^<]+)<\/code>/.exec((await visit(new Map(), address)).body)?.[1];

describe('loginWithPastedCode', () => {
  it('the code that the issuer’s page shows is taken', async () => {
    const terminal = typing(codeOf);
    const outcome = await attempt(terminal, sandbox().urls.issuer);
    expect(outcome).toMatchObject({
      source: 'pasted code',
      fresh: true,
      claims: { challenge: 'alice@example.test' },
    });
    expect(terminal.lines[0]).toBe(
      'no browser here: open this address on any device, log in, and type the code that it shows',
    );
    expect(terminal.lines[2]).toBe('code (waiting up to 10 min):');
    expect(terminal.lines.at(-1)).toBe('logged in as alice@example.test');
  });

  it('a code of another login is of no use', async () => {
    const first = typing(codeOf);
    let stolen: string | undefined;
    await attempt(
      typing(async (address) => {
        stolen = await codeOf(address);
        return undefined;
      }),
      sandbox().urls.issuer,
    );
    expect(stolen).toMatch(/\S{20}/);
    const outcome = await attempt({ ...first, ask: async () => stolen }, sandbox().urls.issuer);
    expect(outcome).toMatchObject({ code: 'LOGIN_FAILED', exitCode: 4 });
    expect(String(outcome)).not.toContain(stolen);
  });

  it.each([
    ['nothing', undefined, 'LOGIN_TIMEOUT'],
    ['an empty line', '', 'LOGIN_REFUSED'],
    ['two words', 'tree 4b825dc', 'LOGIN_REFUSED'],
    ['a letter', 'a', 'LOGIN_REFUSED'],
  ])('%s asks the issuer nothing', async (_name, typed, code) => {
    issuer.exchanges.length = 0;
    const outcome = await attempt(
      typing(async () => typed),
      issuer.url,
    );
    expect(outcome).toMatchObject({ code, exitCode: 4 });
    expect(issuer.exchanges).toHaveLength(0);
  });
});
