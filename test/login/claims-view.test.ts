import { describe, expect, it } from 'vitest';
import { visibleClaims } from '../../src/login/claims-view.ts';
import { Secret } from '../../src/system/secret.ts';

const tokenOf = (claims: unknown): Secret => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return new Secret(`${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`);
};

describe('the claims of a token', () => {
  it('the claims are shown without those that tie them to a login, and without the signature (O10)', () => {
    const shown = visibleClaims(
      tokenOf({ iss: 'https://a.test', aud: ['x'], exp: 1, nonce: 'n', sid: 's' }),
    );
    expect(shown).toEqual({ iss: 'https://a.test', aud: ['x'], exp: 1 });
    expect(JSON.stringify(shown)).not.toContain('c2lnbmF0dXJl');
  });

  it('every control character of a claim is escaped, however deep (S10)', () => {
    const shown = visibleClaims(tokenOf({ sub: 'a\x1b[2J', 'b\nc': { d: ['\u202e'] } }));
    expect(JSON.stringify(shown)).not.toMatch(/\\u001b|\\n|\u202e/);
  });

  it.each(['', 'a.b', 'a.!!.c', 'a.bnVsbA.c'])(
    'a text that is no token shows no claims: %s',
    (text) => {
      expect(visibleClaims(new Secret(text))).toEqual({});
    },
  );
});
