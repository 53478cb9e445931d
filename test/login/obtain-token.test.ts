import { describe, expect, it } from 'vitest';
import { obtainIdentityToken } from '../../src/login/obtain-token.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { Secret } from '../../src/system/secret.ts';
import { fakeTerminal } from '../support/signing.ts';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const tokenOf = (email: string) =>
  `${part({ alg: 'RS256' })}.${part({ iss: 'https://i.example', aud: 'sigstore', sub: 's', email, email_verified: true, exp: 2e9 })}.c2ln`;

async function obtain(options: {
  env?: Record<string, string>;
  flags?: Record<string, string>;
  given?: string;
  interactive?: boolean;
}) {
  return obtainIdentityToken({
    settings: await loadSettings({ env: {}, cwd: '/', gitConfig: '', flags: options.flags ?? {} }),
    issuerUrl: 'https://issuer.example',
    env: { PATH: '', ...options.env },
    terminal: fakeTerminal(options.interactive ?? false),
    send: async () => {
      throw new Error('no question is allowed');
    },
    now: () => 1_795_263_000,
    context: { repository: 'r', kind: 'commit', subject: 's' },
    accept: () => undefined,
    ...(options.given === undefined ? {} : { given: new Secret(options.given) }),
  });
}

describe('obtainIdentityToken', () => {
  it('the token that is given comes before the one in the environment', async () => {
    const env = { SIGSTORE_ID_TOKEN: tokenOf('env@example.com') };
    expect((await obtain({ env, given: tokenOf('flag@example.com') })).claims.challenge).toBe(
      'flag@example.com',
    );
    expect((await obtain({ env })).claims.challenge).toBe('env@example.com');
  });

  it('a token with a line end is taken, and an empty one is not', async () => {
    const env = { SIGSTORE_ID_TOKEN: `${tokenOf('a@example.com')}\n` };
    expect((await obtain({ env })).claims.challenge).toBe('a@example.com');
    await expect(obtain({ env: { SIGSTORE_ID_TOKEN: ' ' } })).rejects.toMatchObject({
      code: 'LOGIN_NO_TERMINAL',
    });
  });

  it('without a person to ask, the login ends at once and says what to do', async () => {
    await expect(obtain({})).rejects.toMatchObject({
      code: 'LOGIN_NO_TERMINAL',
      exitCode: 4,
      hint: expect.stringContaining('git signet login'),
    });
  });

  it.each<[string, Record<string, string>]>([
    [
      'you are not logged in as alice@example.com (signet.identity), and there is no terminal to ask at',
      { identity: 'alice@example.com' },
    ],
    ['you are not logged in, and there is no terminal to ask at', { identity: '' }],
  ])('the account of the token is said: %s (O13)', async (message, flags) => {
    await expect(obtain({ flags })).rejects.toMatchObject({ message });
  });

  it('obeys tokenProvider', async () => {
    const env = { SIGSTORE_ID_TOKEN: tokenOf('a@example.com') };
    expect((await obtain({ env, flags: { tokenProvider: 'envvar' } })).claims.challenge).toBe(
      'a@example.com',
    );
    await expect(obtain({ env, flags: { tokenProvider: 'interactive' } })).rejects.toMatchObject({
      code: 'LOGIN_NO_TERMINAL',
    });
    await expect(obtain({ flags: { tokenProvider: 'envvar' } })).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
    });
    await expect(obtain({ env, flags: { tokenProvider: 'nonsense' } })).rejects.toMatchObject({
      code: 'CONFIG',
    });
  });

  it('a handed-over token must be of the configured issuer (O09)', async () => {
    const env = { SIGSTORE_ID_TOKEN: tokenOf('a@example.com') };
    expect((await obtain({ env, flags: { issuer: 'https://i.example' } })).fresh).toBe(false);
    await expect(obtain({ env, flags: { issuer: 'https://j.example' } })).rejects.toMatchObject({
      code: 'TOKEN_REFUSED',
    });
  });
});
