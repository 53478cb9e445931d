import { request } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type LoginListener, openLoginListener } from '../../../src/login/browser/listener.ts';
import type { LoginEvent } from '../../../src/login/browser/listener-route.ts';
import { startPage, successPage } from '../../../src/login/browser/page.ts';

const context = { repository: '~/src/parser', kind: 'commit', subject: 'subject' } as const;
const start = startPage({
  context,
  choices: [{ label: 'Continue', href: 'https://issuer.example/auth' }],
  timeout: 120,
});
const listeners: LoginListener[] = [];
const squatters: Server[] = [];

afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
  for (const squatter of squatters.splice(0)) squatter.close();
});

async function listen(seconds = 5) {
  const listener = await openLoginListener();
  listeners.push(listener);
  const startUrl = listener.addPage({ state: 'right', start, ownOnly: true });
  const told: LoginEvent[] = [];
  const answers = listener.begin({ seconds, tell: (event) => told.push(event) });
  const answer = answers.next();
  answer.catch(() => undefined);
  const callback = (query: string): string => `${listener.redirectUri}${query}`;
  /** A browser that opens the page: what it sends from then on. */
  const browser = async (): Promise<{ headers: { cookie: string } }> => {
    const { cookies } = await get(startUrl);
    return { headers: { cookie: cookies.map((each) => each.split(';')[0]).join('; ') } };
  };
  return { listener, startUrl, answers, answer, told, callback, browser };
}

interface Reply {
  readonly status: number;
  readonly location: string | undefined;
  readonly cookies: readonly string[];
  readonly body: string;
}

function get(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method: options.method ?? 'GET', headers: options.headers ?? {}, agent: false },
      async (incoming) => {
        let body = '';
        for await (const chunk of incoming) body += chunk;
        const { location, 'set-cookie': cookies = [] } = incoming.headers;
        resolve({ status: incoming.statusCode ?? 0, location, cookies, body });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}

/** A browser whose answer does not matter. */
function visit(url: string, options: Parameters<typeof get>[1] = {}): void {
  get(url, options).catch(() => undefined);
}

const refuses = (url: string): Promise<boolean> =>
  get(url).then(
    () => false,
    () => true,
  );

describe('openLoginListener', () => {
  it('binds the loopback literal, on a free port (O05)', async () => {
    const { listener, startUrl } = await listen();
    expect(listener.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/auth\/callback$/);
    expect(startUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{24}$/);
    const { port } = new URL(listener.redirectUri);
    expect(await refuses(`http://127.0.0.2:${port}/`)).toBe(true);
  });

  it('serves the start page, takes one answer, and shows the result without code and state', async () => {
    const { listener, startUrl, answer, callback, browser } = await listen();
    const mine = await browser();
    expect((await get(startUrl, mine)).body).toContain('git wants to sign a commit as you');
    const redirected = get(callback('?code=c&state=right'), mine);
    const { url, state, finish, disputed } = await answer;
    expect([url.searchParams.get('code'), state, disputed()]).toEqual(['c', 'right', false]);
    const finished = finish(successPage(context, 'alice@example.test', false));
    const { status, location } = await redirected;
    expect(status).toBe(303);
    expect(location).toMatch(/^\/[\w-]{24}$/);
    const result = await get(new URL(location!, listener.redirectUri).href);
    expect(result).toMatchObject({ status: 200 });
    expect(result.body).toContain('Logged in as alice@example.test');
    expect(result.body).not.toContain('right');
    await finished;
    await listener.close();
    expect(await refuses(startUrl)).toBe(true);
  });

  it('the page is served again to the browser that has its cookie, and to no other (O19)', async () => {
    const { startUrl, told, browser, answer, callback } = await listen();
    const mine = await browser();
    for (let reload = 0; reload < 3; reload += 1) {
      expect(await get(startUrl, mine)).toMatchObject({
        status: 200,
        cookies: [],
        body: start.html,
      });
    }
    expect(told).toEqual([]);
    const name = mine.headers.cookie.split('=')[0];
    for (const cookie of ['', `${name}=`, `${name}=guess`, mine.headers.cookie.slice(0, -1)]) {
      const { status, body, cookies } = await get(startUrl, { headers: { cookie } });
      expect([status, cookies]).toEqual([403, []]);
      expect(body).toContain('This login page was opened before');
      expect(body).not.toMatch(/issuer\.example|parser/);
    }
    expect(told).toEqual(['opened-twice']);
    visit(callback('?code=c&state=right'), mine);
    expect((await answer).disputed()).toBe(true);
  });

  it('the cookie is for this page alone, and no script and no other site gets it (O19)', async () => {
    const { listener, startUrl } = await listen();
    const other = listener.addPage({ state: 'other', start, ownOnly: false });
    const [one, two] = [await get(startUrl), await get(other)].map(({ cookies }) => cookies[0]);
    const shape =
      /^(git-signet-[\w-]{24})=([\w-]{24}); Path=\/; Max-Age=65; HttpOnly; SameSite=Lax$/;
    const [, name, value] = shape.exec(one ?? '') ?? [];
    const [, otherName, otherValue] = shape.exec(two ?? '') ?? [];
    expect(new Set([name, otherName, value, otherValue, undefined]).size).toBe(5);
  });

  it('two pages of one login are two browsers: an answer needs the cookie and the state of one (O19)', async () => {
    const { listener, answers, answer, callback, browser, told } = await listen();
    const mine = await browser();
    const other = listener.addPage({ state: 'other', start, ownOnly: false });
    const { cookies } = await get(other);
    const theirs = { headers: { cookie: cookies[0]?.split(';')[0] ?? '' } };
    expect((await get(callback('?code=c&state=other'), mine)).status).toBe(403);
    expect((await get(callback('?code=c&state=right'), theirs)).status).toBe(403);
    expect(told).toEqual(['other-browser']);
    visit(callback('?code=two&state=other'), theirs);
    expect((await answer).state).toBe('other');
    visit(callback('?code=one&state=right'), mine);
    expect((await answers.next()).state).toBe('right');
  });

  it.each([
    ['wrong', '?code=c&state=wrong'],
    ['missing', '?code=c'],
    ['empty', '?code=c&state='],
    ['doubled', '?code=c&state=right&state=right'],
    ['wrong, of a refusal', '?error=access_denied&state=wrong'],
  ])('an answer whose state is %s changes nothing (O01 O19)', async (_name, query) => {
    const { answer, callback, browser, told } = await listen();
    const mine = await browser();
    for (const options of [mine, {}]) {
      expect((await get(callback(query), options)).status).toBe(400);
    }
    expect(told).toEqual([]);
    visit(callback('?code=mine&state=right'), mine);
    expect((await answer).url.searchParams.get('code')).toBe('mine');
  });

  it.each([
    ['before the page was opened', false],
    ['of another browser', true],
  ])('the right state %s changes nothing, and is told (O01 O19)', async (_name, opened) => {
    const { answer, callback, browser, told } = await listen();
    const mine = opened ? await browser() : undefined;
    for (const query of ['?code=c&state=right', '?error=access_denied&state=right']) {
      const { status, body } = await get(callback(query));
      expect([status, body.includes('This login began in another browser')]).toEqual([403, true]);
    }
    expect(told).toEqual(['other-browser']);
    visit(callback('?code=mine&state=right'), mine ?? (await browser()));
    expect((await answer).url.searchParams.get('code')).toBe('mine');
  });

  it('takes no second answer (O01 O06)', async () => {
    const { listener, answer, callback, browser } = await listen();
    const mine = await browser();
    visit(callback('?code=first&state=right'), mine);
    const { url, finish } = await answer;
    expect((await get(callback('?code=second&state=right'), mine)).status).toBe(410);
    expect(url.searchParams.get('code')).toBe('first');
    void finish(successPage(context, 'a', false));
    await listener.close();
    expect(await refuses(callback('?code=third&state=right'))).toBe(true);
  });

  const ODD: readonly (readonly [string, number, Parameters<typeof get>[1]])[] = [
    ['a foreign Host', 421, { headers: { host: 'evil.example' } }],
    ['the name localhost', 421, { headers: { host: 'localhost' } }],
    ['POST', 405, { method: 'POST' }],
    ['HEAD', 405, { method: 'HEAD' }],
    ['a body', 413, { headers: { 'content-length': '3' }, body: 'abc' }],
    ['a prefetch', 403, { headers: { 'sec-purpose': 'prefetch' } }],
    ['a page rendered ahead', 403, { headers: { 'sec-purpose': 'prefetch;prerender' } }],
    ['a preview', 403, { headers: { 'x-purpose': 'preview' } }],
    ['an image', 403, { headers: { 'sec-fetch-dest': 'image' } }],
  ];

  it.each(ODD)('answers %s with %i and keeps waiting (O06)', async (_name, status, options) => {
    const { answer, callback, browser } = await listen();
    const mine = await browser();
    const headers = { ...mine.headers, ...options?.headers };
    expect((await get(callback('?code=c&state=right'), { ...options, headers })).status).toBe(
      status,
    );
    visit(callback('?code=c&state=right'), mine);
    expect((await answer).url.searchParams.get('code')).toBe('c');
  });

  it.each(ODD)('%s does not open the start page (%i) (O06 O19)', async (_name, status, options) => {
    const { startUrl, told } = await listen();
    const { status: got, cookies } = await get(startUrl, options);
    expect([got, cookies]).toEqual([status, []]);
    expect((await get(startUrl)).cookies).toHaveLength(1);
    expect(told).toEqual([]);
  });

  it.each<[string, number, string]>([
    ['a visit without an answer', 400, ''],
    ['an endless address', 414, `?code=${'c'.repeat(9000)}&state=right`],
  ])('answers %s with %i and keeps waiting (O06)', async (_name, status, query) => {
    const { answer, callback, browser } = await listen();
    const mine = await browser();
    expect((await get(callback(query), mine)).status).toBe(status);
    visit(callback('?code=c&state=right'), mine);
    expect((await answer).url.searchParams.get('code')).toBe('c');
  });

  it.each(['/', '/favicon.ico', '/auth/callback/', '/auth', '/AUTH/callback'])(
    'knows no %s, and keeps waiting (O06)',
    async (path) => {
      const { listener, answer, callback, browser } = await listen();
      expect((await get(new URL(path, listener.redirectUri).href)).status).toBe(404);
      visit(callback('?code=c&state=right'), await browser());
      expect((await answer).url.searchParams.get('code')).toBe('c');
    },
  );

  it('is not held up by clients that say nothing, or nonsense (O06)', async () => {
    const { listener, startUrl, answer, callback, browser } = await listen();
    const { port } = new URL(listener.redirectUri);
    const silent = connect(Number(port), '127.0.0.1');
    const babbling = connect(Number(port), '127.0.0.1', () =>
      babbling.write('\0\0\0 nonsense\r\n\r\n'),
    );
    silent.on('error', () => undefined);
    babbling.on('error', () => undefined);
    visit(callback('?code=c&state=right'), await browser());
    await answer;
    await listener.close();
    await new Promise((resolve) => (silent.closed ? resolve(0) : silent.once('close', resolve)));
    expect(await refuses(startUrl)).toBe(true);
  });

  it('gives up after the deadline (O18)', async () => {
    const { listener, startUrl, answer } = await listen(0.05);
    await expect(answer).rejects.toMatchObject({ code: 'LOGIN_TIMEOUT', exitCode: 4 });
    await listener.close();
    expect(await refuses(startUrl)).toBe(true);
  });

  it.each([
    'https://127.0.0.1:9/x',
    'http://0.0.0.0:9/x',
    'http://login.example:9/x',
    'http://127.0.0.1.evil.example:9/x',
    'http://192.168.1.1:9/x',
    'http://127.0.0.1:9/x?y',
    'nonsense',
  ])('refuses a redirect to %s (O16)', async (redirect) => {
    await expect(openLoginListener(redirect)).rejects.toMatchObject({
      code: 'CONFIG',
      exitCode: 2,
    });
  });

  it('listens exactly where it is told on loopback (O16)', async () => {
    const listener = await openLoginListener('http://localhost/own/path');
    listeners.push(listener);
    expect(listener.redirectUri).toMatch(/^http:\/\/localhost:\d+\/own\/path$/);
  });

  it('reports a port in use, also on the other address family of a name (O05)', async () => {
    const squat = (host: string, port = 0): Promise<number | undefined> =>
      new Promise((resolve) => {
        const server = createServer().listen(port, host, () => {
          squatters.push(server);
          const address = server.address();
          resolve(typeof address === 'object' ? address?.port : undefined);
        });
        server.on('error', () => resolve(undefined));
      });
    const port = await squat('127.0.0.1');
    await expect(openLoginListener(`http://127.0.0.1:${port}/x`)).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
    });
    const other = await squat('::1');
    if (other === undefined) return;
    await expect(openLoginListener(`http://localhost:${other}/x`)).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
    });
    expect(await refuses(`http://127.0.0.1:${other}/x`)).toBe(true);
  });
});
