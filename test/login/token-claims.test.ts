import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readIdentityToken, type TokenExpectation } from '../../src/login/token-claims.ts';
import { Secret } from '../../src/system/secret.ts';

const NOW = 1_795_263_000;
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (claims: object, header: object = { alg: 'RS256' }, signature = 'c2ln') =>
  new Secret(`${part(header)}.${part(claims)}.${signature}`);

const GOOD = {
  iss: 'https://issuer.example',
  aud: 'sigstore',
  sub: 'u-1',
  email: 'alice@example.com',
  email_verified: true,
  exp: NOW + 300,
  iat: NOW,
};
const EXPECTED: TokenExpectation = {
  clientId: 'sigstore',
  issuer: 'https://issuer.example',
  ownRequest: true,
  now: NOW,
};
const read = (claims: object, expectation: Partial<TokenExpectation> = {}) =>
  readIdentityToken(token({ ...GOOD, ...claims }), { ...EXPECTED, ...expectation });

describe('readIdentityToken', () => {
  it('a good token is read', () => {
    expect(read({})).toMatchObject({
      issuer: 'https://issuer.example',
      kind: 'email',
      challenge: 'alice@example.com',
      names: ['alice@example.com'],
      expires: NOW + 300,
    });
  });

  it.each([
    ['alg none (O09)', token(GOOD, { alg: 'none' })],
    ['alg None (O09)', token(GOOD, { alg: 'None' })],
    ['no alg (O09)', token(GOOD, {})],
    ['no signature (O09)', token(GOOD, { alg: 'RS256' }, '')],
    ['two parts', new Secret('a.b')],
    ['not base64', new Secret('ä.b.c')],
    ['claims that are a list', new Secret(`${part({ alg: 'RS256' })}.${part([])}.c2ln`)],
    ['nothing', new Secret('')],
    ['too much', new Secret('a'.repeat(70_000))],
  ])('the token is refused: %s', (_name, bad) => {
    expect(() => readIdentityToken(bad, EXPECTED)).toThrow(
      expect.objectContaining({ code: 'TOKEN_REFUSED', exitCode: 4 }),
    );
  });

  it.each<[string, object]>([
    ['another issuer (O09)', { iss: 'https://evil.example' }],
    ['an issuer with a slash more (O09)', { iss: 'https://issuer.example/' }],
    ['no issuer (O09)', { iss: undefined }],
    ['another audience (O09)', { aud: 'other' }],
    ['audiences without ours (O09)', { aud: ['a', 'b'] }],
    ['several audiences and no party (O09)', { aud: ['sigstore', 'b'] }],
    ['several audiences and another party (O09)', { aud: ['sigstore', 'b'], azp: 'b' }],
    ['another party (O09)', { azp: 'other' }],
    ['no audience (O09)', { aud: undefined }],
    ['expired (O09)', { exp: NOW - 61 }],
    ['no expiry (O09)', { exp: undefined }],
    ['expiry as text (O09)', { exp: String(NOW + 300) }],
    ['not yet valid (O09)', { nbf: NOW + 61 }],
    ['issued in the future (O09)', { iat: NOW + 61 }],
    ['e-mail not verified (O09)', { email_verified: false }],
    ['e-mail verification not told (O09)', { email_verified: undefined }],
    ['e-mail verification as a number (O09)', { email_verified: 1 }],
    ['no subject at all', { email: undefined, sub: undefined }],
  ])('a token with a wrong claim is refused: %s', (_name, claims) => {
    expect(() => read(claims)).toThrow(expect.objectContaining({ code: 'TOKEN_REFUSED' }));
  });

  it.each<[string, object]>([
    ['one of several audiences, us being the party', { aud: ['sigstore', 'b'], azp: 'sigstore' }],
    ['a clock that is a little off', { exp: NOW - 59, iat: NOW + 59, nbf: NOW + 59 }],
    ['the word true', { email_verified: 'true' }],
  ])('a token at the limit is accepted: %s', (_name, claims) => {
    expect(read(claims).challenge).toBe('alice@example.com');
  });

  it('a token without the nonce, or with another one, is refused (O02)', () => {
    expect(read({ nonce: 'n' }, { nonce: 'n' }).kind).toBe('email');
    for (const nonce of [undefined, '', 'other']) {
      expect(() => read({ nonce }, { nonce: 'n' })).toThrow(
        expect.objectContaining({ code: 'TOKEN_REFUSED' }),
      );
    }
  });

  it('an error never shows the token', () => {
    const secret = token({ ...GOOD, exp: 1 });
    try {
      readIdentityToken(secret, EXPECTED);
    } catch (error) {
      expect(inspect(error)).not.toContain(secret.reveal().slice(0, 20));
    }
    expect(`${secret}${inspect({ secret })}${JSON.stringify({ secret })}`).not.toContain('eyJ');
  });

  it.each<[string, object, string, string]>([
    [
      'e-mail token of Dex',
      { federated_claims: { connector_id: 'https://github.com/login/oauth' } },
      'alice@example.com',
      'email',
    ],
    [
      'e-mail token of Google',
      { iss: 'https://accounts.google.com', azp: '1234' },
      'alice@example.com',
      'email',
    ],
    [
      'GitHub Actions',
      {
        email: undefined,
        sub: 'repo:acme/app:ref:refs/heads/main',
        job_workflow_ref: 'acme/app/.github/workflows/r.yml@refs/heads/main',
      },
      'repo:acme/app:ref:refs/heads/main',
      'subject',
    ],
    [
      'GitLab',
      {
        email: undefined,
        user_email: 'bob@example.com',
        sub: 'project_path:a/b:ref_type:branch:ref:main',
      },
      'project_path:a/b:ref_type:branch:ref:main',
      'subject',
    ],
    [
      'SPIFFE',
      { email: undefined, sub: 'spiffe://example.org/job' },
      'spiffe://example.org/job',
      'subject',
    ],
  ])('possession is proved over the right claim: %s (X14)', (_name, claims, challenge, kind) => {
    expect(read(claims, { issuer: undefined, ownRequest: false })).toMatchObject({
      challenge,
      kind,
    });
  });

  it('Fulcio names the connector as issuer, and so does the expectation (X14)', () => {
    expect(
      read({ federated_claims: { connector_id: 'https://c.example' } }).certificateIssuers,
    ).toEqual(['https://issuer.example', 'https://c.example']);
  });
});
