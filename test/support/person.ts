/** A person without a browser: opens the start page, follows its first link, and each redirect after it. */

import { request } from 'node:http';

export interface Seen {
  readonly status: number;
  readonly url: string;
  readonly body: string;
}

export function fetchPage(
  url: string,
  headers: Record<string, string> = {},
): Promise<Seen & { location?: string; cookies: readonly string[] }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false, headers }, async (incoming) => {
      let body = '';
      for await (const chunk of incoming) body += chunk;
      const { location, 'set-cookie': cookies = [] } = incoming.headers;
      const status = incoming.statusCode ?? 0;
      resolve({
        status,
        url,
        body,
        cookies,
        ...(location === undefined ? {} : { location: new URL(location, url).href }),
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** Where the first link of a page leads. */
export function firstLink(body: string): string {
  const href = /<a [^>]*href="([^"]+)"/.exec(body)?.[1] ?? '';
  return href.replaceAll('&amp;', '&');
}

/** Cookies by host name, as one browser keeps them: ports do not matter. */
export type Jar = Map<string, Map<string, string>>;

export type Fetched = Seen & { location?: string };

/** One page, in the browser that `jar` is; redirects are not followed. */
export async function browse(
  url: string,
  jar: Jar,
  headers: Record<string, string> = {},
): Promise<Fetched> {
  const { hostname } = new URL(url);
  const kept = jar.get(hostname) ?? new Map<string, string>();
  jar.set(hostname, kept);
  const cookie = [...kept].map(([name, value]) => `${name}=${value}`).join('; ');
  const { cookies, ...seen } = await fetchPage(url, { cookie, ...headers });
  for (const each of cookies) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(each) ?? [];
    kept.set(name, value);
  }
  return seen;
}

/**
 * From a start page to the last page: one click, in the browser that `jar` is. The sandbox's issuer takes `account` for
 * who is logged in there.
 */
export async function clickThrough(
  startUrl: string,
  jar: Jar = new Map(),
  account?: string,
): Promise<Seen[]> {
  const pages: Seen[] = [await browse(startUrl, jar)];
  const link = new URL(firstLink(pages[0]?.body ?? ''));
  if (account !== undefined) link.searchParams.set('login_hint', account);
  let next: string | undefined = link.href;
  for (let hops = 0; next !== undefined && next !== '' && hops < 10; hops += 1) {
    const seen: Fetched = await browse(next, jar);
    pages.push(seen);
    next = seen.location;
  }
  return pages;
}

/** A browser without script that keeps cookies and follows redirects: opens a page, sends its forms. */
export async function visit(
  jar: Map<string, string>,
  url: string,
  form?: Readonly<Record<string, string>>,
): Promise<Seen> {
  const response = await fetch(url, {
    redirect: 'manual',
    headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
    ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
  });
  for (const cookie of response.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    jar.set(name, value);
  }
  const location = response.headers.get('location');
  const body = await response.text();
  if (location === null) return { status: response.status, url, body };
  return visit(jar, new URL(location, url).href);
}

/** What a page's form carries hidden. */
function hidden(body: string): Record<string, string> {
  const fields = [...body.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)];
  return Object.fromEntries(fields.map(([, name = '', value = '']) => [name, value]));
}

/** From the start page to the last one, at an issuer that asks who it is. */
export async function logInAs(user: string, startUrl: string): Promise<Seen> {
  const jar = new Map<string, string>();
  const start = await visit(jar, startUrl);
  const question = await visit(jar, firstLink(start.body));
  return visit(jar, question.url, { user });
}

/** On another device: opens the address, types the code, compares it, and answers; as whom, where that is asked. */
export async function answerDevice(
  address: string,
  code: string,
  answer: 'agree' | 'deny' = 'agree',
  user?: string,
): Promise<readonly Seen[]> {
  const jar = new Map<string, string>();
  const input = await visit(jar, address);
  const action = new URL('/device', address).href;
  const confirm = await visit(jar, action, { ...hidden(input.body), user_code: code });
  const more = answer === 'deny' ? { abort: 'yes' } : {};
  const last = await visit(jar, action, { ...hidden(confirm.body), ...more });
  const pages = [input, confirm, last];
  return user === undefined ? pages : [...pages, await visit(jar, last.url, { user })];
}
