/** A login with a browser, from discovery to the accepted token, against issuers that do one thing wrong. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createHttpClient, type HttpClient } from '../../src/http/http.ts';
import { loginWithBrowser } from '../../src/login/browser/browser.ts';
import type { TokenRequest } from '../../src/login/token-request.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { startIssuer, type TestIssuer, type Wrong } from '../support/issuer.ts';
import {
  browse,
  clickThrough,
  fetchPage,
  firstLink,
  type Jar,
  type Seen,
} from '../support/person.ts';
import { scratchDirectory } from '../support/sandbox.ts';
import { fakeTerminal } from '../support/signing.ts';

let issuer: TestIssuer;
let other: TestIssuer;
const clients: HttpClient[] = [];
beforeAll(async () => {
  issuer = await startIssuer();
  other = await startIssuer();
});
afterAll(async () => {
  await issuer.close();
  await other.close();
});
afterEach(() => {
  issuer.be({});
  for (const client of clients.splice(0)) client.close();
});

interface Attempt {
  readonly wrong?: Wrong;
  readonly flags?: Record<string, string>;
  readonly env?: Record<string, string>;
  readonly issuerUrl?: string;
  readonly interactive?: boolean;
  readonly accept?: TokenRequest['accept'];
  /** What the person does with the address; default: click through. */
  readonly person?: (startUrl: string) => Promise<Seen[]>;
}

async function attempt({
  wrong = {},
  flags = {},
  env = {},
  issuerUrl,
  interactive = true,
  accept,
  person = clickThrough,
}: Attempt = {}) {
  issuer.be(wrong);
  issuer.exchanges.length = 0;
  const terminal = fakeTerminal(interactive);
  const client = createHttpClient({ wait: async () => undefined });
  clients.push(client);
  let pages: Promise<Seen[]> | undefined;
  let startUrl = '';
  const hint = (line: string): void => {
    terminal.hint(line);
    const url = /http:\/\/127\.0\.0\.1:\d+\/[\w-]{24}/.exec(line)?.[0];
    if (url === undefined) return;
    startUrl = url;
    pages = person(url);
    pages.catch(() => undefined);
  };
  const settings = await loadSettings({ env: {}, cwd: '/', gitConfig: '', flags });
  const request: TokenRequest = {
    settings,
    issuerUrl: issuerUrl ?? issuer.url,
    env: { PATH: '', ...env },
    terminal: { ...terminal, hint },
    send: client.send,
    now: () => Math.floor(Date.now() / 1000),
    context: {
      repository: '~/src/parser',
      kind: 'commit',
      subject: 'parser: refuse trailing bytes',
    },
    committer: { name: 'Alice', email: 'alice@example.test' },
    accept: accept ?? (() => undefined),
  };
  const token = await loginWithBrowser(request).then(
    (value) => ({ value, error: undefined }),
    (error: unknown) => ({ value: undefined, error }),
  );
  await token.value?.finished;
  const listening =
    startUrl !== '' &&
    (await fetchPage(startUrl).then(
      () => true,
      () => false,
    ));
  return {
    ...token,
    pages: (await pages?.catch(() => [])) ?? [],
    lines: terminal.lines,
    listening,
  };
}

const fails = (code: string) => ({ error: expect.objectContaining({ code }), listening: false });

/** `sh` as the browser. */
const shell = (script: string) => ({
  env: { PATH: process.env['PATH'] ?? '' },
  flags: { urlOpener: `sh -c '${script}' sh {url}` },
});
const later =
  (milliseconds: number) =>
  async (url: string): Promise<Seen[]> => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return clickThrough(url);
  };
const FAILED = '  no browser could be started. Open that address yourself';

describe('a browser that cannot be started', () => {
  it('if the opener fails, the terminal asks the person to open the address', async () => {
    const { value, lines } = await attempt({ ...shell('exit 3'), person: later(1000) });
    expect(value).toMatchObject({ source: 'browser' });
    expect(lines).toContain(FAILED);
  });

  it('a login without a terminal does not wait until its time is up (O18)', async () => {
    const never = async () => [];
    const login = await attempt({ ...shell('exit 3'), interactive: false, person: never });
    expect(login).toMatchObject({
      error: { code: 'LOGIN_NO_TERMINAL', exitCode: 4 },
      listening: false,
    });
    expect((login.error as { hint: string }).hint).toContain('git signet login --device');
  });

  it('an opener that ends well is no failure', async () => {
    const { value, lines } = await attempt({ ...shell('exit 0'), interactive: false });
    expect(value).toMatchObject({ source: 'browser' });
    expect(lines).not.toContain(FAILED);
  });

  it('an opener that stays in the foreground is no failure, and holds up no answer', async () => {
    const directory = scratchDirectory('opener');
    const free = join(directory, 'free');
    const script = `while [ ! -e ${free} ]; do sleep 0.05; done`;
    // no timer ends the wait for this opener, so a login that waits for it never ends
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      const { value, lines } = await attempt({ ...shell(script), interactive: false });
      expect(value).toMatchObject({ source: 'browser' });
      expect(lines).not.toContain(FAILED);
    } finally {
      vi.useRealTimers();
      writeFileSync(free, '');
    }
  });
});

describe('an answer that cannot be used', () => {
  const answering = (body: string): Wrong => ({
    handle: (request, response) => {
      if (request.url !== '/token') return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(body);
      return true;
    },
  });
  const secret = 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln';

  it.each<[string, string, RegExp]>([
    [
      'names what was wrong with it',
      JSON.stringify({ access_token: secret, token_type: 7 }),
      /cannot be used \(invalid response encountered: .*"token_type".*\)$/,
    ],
    ['tells no piece of it (O10)', secret, /cannot be used \(parsing error occured.*\)$/],
  ])('%s', async (_name, body, line) => {
    const { error } = await attempt({ wrong: answering(body) });
    expect(error).toMatchObject({ exitCode: 4, message: expect.stringMatching(line) });
    expect(String(error)).not.toContain('eyJ');
  });
});

describe('loginWithBrowser', () => {
  it('a login takes one click, and leaves nothing behind', async () => {
    const { value, pages, lines, listening } = await attempt();
    expect(value).toMatchObject({ fresh: true, claims: { challenge: 'alice@example.test' } });
    expect(`${value?.token}`).toBe('[secret]');
    expect(listening).toBe(false);
    expect(pages.at(-1)?.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{24}$/);
    expect(pages.at(-1)?.body).toContain('Logged in as alice@example.test');
    expect(lines).toHaveLength(2);
    const [sent] = issuer.authorizations.slice(-1);
    expect(Object.fromEntries(sent ?? [])).toMatchObject({
      response_type: 'code',
      scope: 'openid email',
      code_challenge_method: 'S256',
      client_id: 'sigstore',
    });
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(sent?.get(name)?.length).toBeGreaterThan(40);
  });

  it('the code is not sent over a connection that stood idle while the person logged in (O21)', async () => {
    const before = new WeakSet<object>();
    const forgotten: Wrong = {
      handle: ({ method, socket }) => {
        // the network in between has dropped the connection by now, so no answer arrives
        if (method === 'POST' && before.has(socket)) return true;
        before.add(socket);
        return false;
      },
    };
    const { value } = await attempt({ wrong: forgotten });
    expect(value).toMatchObject({ source: 'browser' });
    expect(issuer.exchanges).toHaveLength(1);
  });

  it('a verifier, a state and a nonce are used once (O03)', async () => {
    await attempt();
    const first = issuer.exchanges[0]?.get('code_verifier');
    await attempt();
    expect(issuer.exchanges[0]?.get('code_verifier')).not.toBe(first);
    const [one, two] = issuer.authorizations.slice(-2);
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(one?.get(name)).not.toBe(two?.get(name));
  });

  it('two logins at once do not take each other’s answer, and go on with their own (O14)', async () => {
    // each person gets as far as the issuer's answer, goes where the other's answer belongs, and then to their own
    const answers: string[] = [];
    const arrived = Promise.withResolvers<void>();
    const person =
      (mine: number, other: number) =>
      async (startUrl: string): Promise<Seen[]> => {
        const jar: Jar = new Map();
        const page = await browse(startUrl, jar);
        answers[mine] = (await browse(firstLink(page.body), jar)).location ?? '';
        if (answers.filter(Boolean).length === 2) arrived.resolve();
        await arrived.promise;
        const home = new URL(answers[mine] ?? '');
        home.search = new URL(answers[other] ?? '').search;
        const seen = await browse(home.href, jar);
        const own = await browse(answers[mine] ?? '', jar);
        return [seen, await browse(own.location ?? '', jar)];
      };
    const both = await Promise.all([
      attempt({ person: person(0, 1) }),
      attempt({ person: person(1, 0) }),
    ]);
    expect(answers.filter(Boolean)).toHaveLength(2);
    for (const { value, pages } of both) {
      expect(value).toMatchObject({ source: 'browser' });
      expect(pages.map(({ status }) => status)).toEqual([400, 200]);
    }
    expect(issuer.exchanges).toHaveLength(2);
  });

  it.each<[string, string, Wrong]>([
    ['no nonce (O02)', 'LOGIN_FAILED', { claims: ({ nonce: _, ...rest }) => rest }],
    ['another nonce (O02)', 'LOGIN_FAILED', { claims: (claims) => ({ ...claims, nonce: 'x' }) }],
    ['no issuer parameter (O04)', 'LOGIN_FAILED', { answer: (honest) => without(honest, 'iss') }],
    [
      'another issuer parameter (O04)',
      'LOGIN_FAILED',
      { answer: (honest) => setting(honest, 'iss', 'https://evil.example') },
    ],
    [
      'a doubled issuer parameter (O04)',
      'LOGIN_FAILED',
      { answer: (honest) => `${honest}&iss=https%3A%2F%2Fevil.example` },
    ],
    ['a token signed by another key (L15)', 'LOGIN_FAILED', { foreignKey: true }],
    ['an unsigned token (O09)', 'LOGIN_FAILED', { idToken: unsigned }],
    ['no token', 'LOGIN_FAILED', { idToken: () => undefined }],
    [
      'another audience (O09)',
      'LOGIN_FAILED',
      { claims: (claims) => ({ ...claims, aud: 'other' }) },
    ],
    [
      'another issuer in the token (O09)',
      'LOGIN_FAILED',
      { claims: (claims) => ({ ...claims, iss: 'https://evil.example' }) },
    ],
    ['an expired token (O09)', 'LOGIN_FAILED', { claims: (claims) => ({ ...claims, exp: 1 }) }],
    ['another party (O09)', 'TOKEN_REFUSED', { claims: (claims) => ({ ...claims, azp: 'other' }) }],
    [
      'an unverified e-mail (O09)',
      'TOKEN_REFUSED',
      { claims: (claims) => ({ ...claims, email_verified: false }) },
    ],
  ])('the login is refused: %s (%s)', async (_name, code, wrong) => {
    const outcome = await attempt({ wrong });
    expect(outcome).toMatchObject(fails(code));
    expect(outcome.pages.at(-1)?.body).toMatch(/Nothing was signed/);
    expect(String(outcome.error)).not.toMatch(/eyJ|the-code/);
  });

  it.each<[string, Wrong]>([
    ['another state', { answer: (honest) => setting(honest, 'state', 'x') }],
    ['no state', { answer: (honest) => without(honest, 'state') }],
  ])('an answer with %s changes nothing: the login waits on (O01 L16)', async (_name, wrong) => {
    const outcome = await attempt({ wrong, flags: { loginTimeout: '1' } });
    expect(outcome).toMatchObject(fails('LOGIN_TIMEOUT'));
    expect(outcome.pages.at(-1)).toMatchObject({ status: 400 });
    expect(issuer.exchanges).toEqual([]);
  });

  it.each<[string, string, Wrong]>([
    [
      'without PKCE (O03)',
      'LOGIN_FAILED',
      { discovery: ({ code_challenge_methods_supported: _, ...rest }) => rest },
    ],
    [
      'with plain PKCE only (O03)',
      'LOGIN_FAILED',
      { discovery: (honest) => ({ ...honest, code_challenge_methods_supported: ['plain'] }) },
    ],
    [
      'that calls itself another (O08)',
      'LOGIN_FAILED',
      { discovery: (honest) => ({ ...honest, issuer: 'https://evil.example' }) },
    ],
    [
      'with an http login page elsewhere (O08)',
      'SERVICE_REFUSED',
      {
        discovery: (honest) => ({ ...honest, authorization_endpoint: 'http://evil.example/auth' }),
      },
    ],
    [
      'with a login page that is no page (O12)',
      'LOGIN_FAILED',
      { discovery: (honest) => ({ ...honest, authorization_endpoint: 'file:///bin/sh' }) },
    ],
    [
      'with a script for a login page (O12)',
      'LOGIN_FAILED',
      { discovery: (honest) => ({ ...honest, authorization_endpoint: 'javascript:alert(1)' }) },
    ],
    [
      'that redirects its discovery (O08)',
      'SERVICE_ANSWER',
      { handle: (request, response) => redirect(request.url ?? '', response) },
    ],
    [
      'with a huge document (O08)',
      'SERVICE_ANSWER',
      { discovery: (honest) => ({ ...honest, x: 'x'.repeat(300_000) }) },
    ],
    ['with nonsense for a document (O08)', 'LOGIN_FAILED', { discovery: () => [1] }],
  ])('no login begins at an issuer %s', async (_name, code, wrong) => {
    const outcome = await attempt({ wrong });
    expect(outcome).toMatchObject(fails(code));
    expect(outcome.pages).toEqual([]);
  });

  it('an issuer over http on another machine is not asked (O08)', async () => {
    expect(await attempt({ issuerUrl: 'http://issuer.example' })).toMatchObject(
      fails('SERVICE_REFUSED'),
    );
  });

  it('the code goes only over https or loopback (O08)', async () => {
    const wrong = {
      discovery: (honest: object) => ({ ...honest, token_endpoint: 'http://evil.example/token' }),
    };
    expect(await attempt({ wrong })).toMatchObject(fails('SERVICE_REFUSED'));
  });

  it('the issuer’s refusal is shown as text (O07)', async () => {
    const wrong = {
      answer: (_honest: URLSearchParams, asked: URLSearchParams) =>
        new URLSearchParams({
          error: 'access_denied',
          error_description: '<script>alert(1)</script>\u001b[2J',
          state: asked.get('state') ?? '',
          iss: issuer.url,
        }),
    };
    const outcome = await attempt({ wrong });
    expect(outcome).toMatchObject(fails('LOGIN_REFUSED'));
    const last = outcome.pages.at(-1);
    expect(last).toMatchObject({ status: 400 });
    expect(last?.body).toContain('access_denied');
    expect(last?.body).not.toContain('<script');
    expect(last?.url).not.toContain('error');
    expect(String(outcome.error)).not.toMatch(/\u001b/);
  });

  it('a login that the person never finishes ends at its deadline (O18)', async () => {
    const outcome = await attempt({ flags: { loginTimeout: '1' }, person: async () => [] });
    expect(outcome).toMatchObject(fails('LOGIN_TIMEOUT'));
  });

  it('the wrong account is shown and refused before anything else happens (O13)', async () => {
    const failure = Object.assign(new Error('no'), {});
    const outcome = await attempt({
      accept: () => {
        throw failure;
      },
    });
    expect(outcome).toMatchObject({ error: failure, listening: false });
    expect(outcome.pages.at(-1)?.body).toContain('Nothing was signed');
  });

  it('no login begins while certificate checking is switched off (O17)', async () => {
    const outcome = await attempt({ env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } });
    expect(outcome).toMatchObject(fails('LOGIN_FAILED'));
    expect(outcome.pages).toEqual([]);
  });

  it('the request hints at the expected account and at the connector', async () => {
    await attempt({
      flags: { identity: 'alice@example.test', connectorId: 'https://github.com/login/oauth' },
    });
    expect(Object.fromEntries(issuer.authorizations.at(-1) ?? [])).toMatchObject({
      login_hint: 'alice@example.test',
      connector_id: 'https://github.com/login/oauth',
    });
  });

  it('the answer of one issuer is not taken for another (O04)', async () => {
    const wrong = { answer: (honest: URLSearchParams) => setting(honest, 'iss', other.url) };
    expect(await attempt({ wrong })).toMatchObject(fails('LOGIN_FAILED'));
    expect(issuer.exchanges).toEqual([]);
  });
});

function without(parameters: URLSearchParams, name: string): URLSearchParams {
  parameters.delete(name);
  return parameters;
}

function setting(parameters: URLSearchParams, name: string, value: string): URLSearchParams {
  parameters.set(name, value);
  return parameters;
}

function unsigned(token: string): string {
  const header = Buffer.from('{"alg":"none"}').toString('base64url');
  return `${header}.${token.split('.')[1]}.`;
}

function redirect(path: string, response: import('node:http').ServerResponse): boolean {
  if (!path.startsWith('/.well-known')) return false;
  response.writeHead(302, { location: `${other.url}${path}` }).end();
  return true;
}
