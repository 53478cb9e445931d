import { createHash, randomBytes } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { useSandbox } from '../support/sandbox.ts';
import { call } from '../support/sandbox-requests.ts';

const sandbox = useSandbox({ autoApprove: false });
const REDIRECT = 'http://localhost:54321/some/path';

interface Page {
  readonly url: string;
  readonly status: number;
  readonly html: string;
  readonly location: string | undefined;
}

/** A browser without script: cookies, redirects on the issuer's own host, forms. */
class Browser {
  readonly #cookies = new Map<string, string>();

  async visit(url: string, form?: Record<string, string>): Promise<Page> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: {
        cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form).toString() }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      this.#cookies.set(name, value);
    }
    const location = response.headers.get('location') ?? undefined;
    const html = await response.text();
    const next = location === undefined ? undefined : new URL(location, url);
    if (next === undefined || !next.href.startsWith(sandbox().urls.issuer))
      return { url, status: response.status, html, location };
    return this.visit(next.href);
  }
}

interface Login {
  readonly verifier: string;
  readonly url: string;
}

function login(extra: Record<string, string> = {}): Login {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    client_id: 'sigstore',
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: 'openid email',
    state: 'the-state',
    nonce: 'the-nonce',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    connector_id: 'https://github.com/login/oauth',
    access_type: 'online',
    ...extra,
  });
  return { verifier, url: `${sandbox().urls.issuer}/auth?${query}` };
}

const redeem = (code: string, verifier: string): Promise<Response> =>
  fetch(`${sandbox().urls.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'sigstore',
      redirect_uri: REDIRECT,
      code,
      code_verifier: verifier,
    }),
  });

describe('the issuer', () => {
  it('the page has no script, the suggested person first, and gives a token with the chosen e-mail', async () => {
    const { url, verifier } = login({ login_hint: 'bob@example.test' });
    const browser = new Browser();
    const page = await browser.visit(url);
    expect(page.html).not.toMatch(/<script|https?:\/\/(?!127)/);
    expect(page.html.indexOf('bob@example.test')).toBeLessThan(
      page.html.indexOf('alice@example.test'),
    );
    expect(page.html).toContain('name="deny"');
    const done = await browser.visit(page.url, { user: 'bob@example.test' });
    const back = new URL(done.location ?? '');
    expect(`${back.origin}${back.pathname}`).toBe(REDIRECT);
    expect(back.searchParams.get('state')).toBe('the-state');
    expect(back.searchParams.get('iss')).toBe(sandbox().urls.issuer);
    const response = await redeem(back.searchParams.get('code') ?? '', verifier);
    expect(response.status).toBe(200);
    const { id_token } = (await response.json()) as { id_token: string };
    const keys = createRemoteJWKSet(new URL(`${sandbox().urls.issuer}/jwks`));
    const { payload } = await jwtVerify(id_token, keys, {
      issuer: sandbox().urls.issuer,
      audience: 'sigstore',
    });
    expect(payload).toMatchObject({
      email: 'bob@example.test',
      email_verified: true,
      nonce: 'the-nonce',
      sub: 'sandbox|bob@example.test',
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(600);
    expect((await redeem(back.searchParams.get('code') ?? '', verifier)).status).toBe(400);
  });

  it('the issuer asks again at the next login, and takes another person from the same browser', async () => {
    const browser = new Browser();
    for (const user of ['alice@example.test', 'eve@example.test']) {
      const { url, verifier } = login();
      const page = await browser.visit(url);
      expect(page.html).toContain('Sandbox login');
      const back = new URL((await browser.visit(page.url, { user })).location ?? '');
      const { id_token } = (await (
        await redeem(back.searchParams.get('code') ?? '', verifier)
      ).json()) as { id_token: string };
      expect(decodeJwt(id_token)).toMatchObject({
        email: user,
        email_verified: user !== 'eve@example.test',
      });
    }
  });

  it('a refusal is sent back as access_denied', async () => {
    const browser = new Browser();
    const page = await browser.visit(login().url);
    const back = new URL((await browser.visit(page.url, { deny: 'yes' })).location ?? '');
    expect(back.searchParams.get('error')).toBe('access_denied');
    expect(back.searchParams.get('state')).toBe('the-state');
    expect(back.searchParams.get('code')).toBeNull();
  });

  it('a wrong verifier, a missing challenge and a redirect off this machine are refused', async () => {
    const browser = new Browser();
    const page = await browser.visit(login().url);
    const back = new URL(
      (await browser.visit(page.url, { user: 'alice@example.test' })).location ?? '',
    );
    expect((await redeem(back.searchParams.get('code') ?? '', 'x'.repeat(43))).status).toBe(400);
    const bare = await new Browser().visit(
      login({ code_challenge: '', code_challenge_method: '' }).url,
    );
    expect(new URL(bare.location ?? '').searchParams.get('error')).toBe('invalid_request');
    for (const redirect_uri of [
      'http://example.test/cb',
      'https://127.0.0.1/cb',
      'http://user@127.0.0.1/cb',
    ]) {
      const page = await new Browser().visit(login({ redirect_uri }).url);
      expect([page.status, page.location]).toEqual([400, undefined]);
    }
  });

  it('the issuer mints tokens only for clients that know the secret', async () => {
    const url = `${sandbox().urls.issuer}/sandbox/token`;
    const headers = { authorization: `Bearer ${sandbox().tokenSecret}` };
    const minted = await call(url, { email: 'bob@example.test', nonce: 'n' }, headers);
    expect(decodeJwt(minted.json.id_token)).toMatchObject({
      email: 'bob@example.test',
      nonce: 'n',
    });
    expect((await call(url, {}, { authorization: 'Bearer guess' })).status).toBe(401);
    expect((await call(url, {})).status).toBe(401);
  });
});

describe('an issuer that answers for the person', () => {
  const automatic = useSandbox({ autoApprove: true });
  it('redirects at once, for the hinted user', async () => {
    const { url, verifier } = login({ login_hint: 'bob@example.test' });
    const done = await new AutoBrowser().visit(
      url.replace(sandbox().urls.issuer, automatic().urls.issuer),
    );
    const code = new URL(done).searchParams.get('code') ?? '';
    const response = await fetch(`${automatic().urls.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'sigstore',
        redirect_uri: REDIRECT,
        code,
        code_verifier: verifier,
      }),
    });
    expect(decodeJwt(((await response.json()) as { id_token: string }).id_token).email).toBe(
      'bob@example.test',
    );
  });
});

/** Follows redirects with cookies until one leads to the client. */
class AutoBrowser {
  readonly #cookies = new Map<string, string>();

  async visit(url: string): Promise<string> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      this.#cookies.set(name, value);
    }
    const next = new URL(response.headers.get('location') ?? '', url).href;
    return next.startsWith(REDIRECT) ? next : this.visit(next);
  }
}
