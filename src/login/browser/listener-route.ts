/**
 * Routes a request at the login listener: a start page, the issuer's answer, the result page, or a stray request.
 * A start page works in one browser. The first request for it sets a cookie, and only a browser with that cookie gets
 * the page again. An answer counts only with the cookie and the state of the same page. Every other request changes
 * nothing, because any process of this machine can send it (threats O01, O06, O19).
 */

import type { IncomingMessage } from 'node:http';
import { foreignUserPage, openedBeforePage, otherBrowserPage, strayPage } from './page.ts';
import type { Page } from './page-frame.ts';

/** The issuer's answer. Its state was checked, and the rest was not. */
export interface LoginAnswer {
  /** The redirect as it arrived. */
  readonly url: URL;
  /** The state of its start page. */
  readonly state: string;
  /** True if a second browser asked for its page, so that the first may belong to another user. */
  readonly disputed: () => boolean;
  /** Redirects the browser to `page`, at an address without code and state. Resolves when the page was fetched, or soon after. */
  readonly finish: (page: Page) => Promise<void>;
}

/** A start page, with its own address and state. */
export interface LoginPage {
  readonly path: string;
  readonly state: string;
  readonly start: Page;
  /** True if other users may see its address, in a process list. Then it is served to this user only, if the user is known. */
  readonly ownOnly: boolean;
  readonly cookie: { readonly name: string; readonly value: string };
  opened: boolean;
  disputed: boolean;
  answered: boolean;
}

/** An event that the user should know about. */
export type LoginEvent = 'opened-twice' | 'other-user' | 'other-browser';

/** The state of one login. */
export interface LoginSession {
  readonly callbackPath: string;
  /** The required Host header. */
  readonly host: string;
  readonly pages: LoginPage[];
  /** Seconds until a cookie expires. */
  cookieSeconds: number;
  tell: (event: LoginEvent) => void;
  result?: { readonly path: string; readonly page: Page; readonly fetched: () => void };
}

/** A page to send, and what to call after it was sent. Or an answer whose request stays open. */
export type Routed =
  | { readonly page: Page; readonly after?: () => void }
  | { readonly answer: URL; readonly of: LoginPage };

const MAX_URL = 8 * 1024;

type LoginRequest = Pick<IncomingMessage, 'headers' | 'method' | 'url'>;

/** Routes a request. `isForeign` returns whether it comes from another user of this machine. */
export function routeRequest(
  session: LoginSession,
  request: LoginRequest,
  isForeign: () => boolean,
): Routed {
  const refusal = refuse(session, request);
  if (refusal !== undefined) return { page: refusal };
  const url = new URL(request.url ?? '/', `http://${session.host}`);
  const { result, pages } = session;
  const asked = pages.find(({ path }) => path === url.pathname);
  if (asked !== undefined) return { page: open(session, asked, request, isForeign) };
  if (result !== undefined && url.pathname === result.path)
    return { page: result.page, after: result.fetched };
  if (url.pathname === session.callbackPath && pages.length > 0)
    return takeAnswer(session, url, request);
  return { page: strayPage(404, 'There is no such page here.') };
}

/** Returns the page for a request that belongs to no login, or undefined if it may belong to one. */
function refuse(
  session: LoginSession,
  { headers, method, url = '' }: LoginRequest,
): Page | undefined {
  // if an attacker's DNS points a name at 127.0.0.1, the Host header holds that name
  if (headers.host !== session.host)
    return strayPage(421, 'This address works only for a login on this machine.');
  if (url.length > MAX_URL || !url.startsWith('/'))
    return strayPage(414, 'The address is too long.');
  if (method !== 'GET') return strayPage(405, 'Only GET is answered here.');
  if ((headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined) {
    return strayPage(413, 'Requests with content are not answered here.');
  }
  const purposes = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].map((name) => headers[name]);
  const speculative = /prefetch|prerender|preview/i.test(purposes.join(' '));
  const embedded = (headers['sec-fetch-dest'] ?? 'document') !== 'document';
  return speculative || embedded
    ? strayPage(403, 'Open this address in a window of its own.')
    : undefined;
}

function holds({ cookie: { name, value } }: LoginPage, { headers }: LoginRequest): boolean {
  const cookies = (headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return cookies.includes(`${name}=${value}`);
}

/** Serves a start page to the first browser, and again to the browser with its cookie. */
function open(
  { tell, cookieSeconds }: LoginSession,
  page: LoginPage,
  request: LoginRequest,
  isForeign: () => boolean,
): Page {
  const { start, cookie, ownOnly } = page;
  // also with the right cookie, because a browser sends it to servers on other ports of this machine
  if (ownOnly && isForeign()) {
    tell('other-user');
    return foreignUserPage();
  }
  if (page.opened && holds(page, request)) return start;
  if (page.opened) {
    page.disputed = true;
    tell('opened-twice');
    return openedBeforePage();
  }
  page.opened = true;
  // Lax: the browser sends it when the issuer redirects back here, and not with requests of other pages
  const set = `${cookie.name}=${cookie.value}; Path=/; Max-Age=${cookieSeconds}; HttpOnly; SameSite=Lax`;
  return { ...start, headers: { ...start.headers, 'set-cookie': set } };
}

const NOT_THIS_LOGIN =
  'This answer does not belong to the login that git is waiting for. It changed nothing.';

function takeAnswer({ pages, tell }: LoginSession, url: URL, request: LoginRequest): Routed {
  const { searchParams: answer } = url;
  if (!answer.has('code') && !answer.has('error')) {
    return { page: strayPage(400, 'This is not the answer of a login.') };
  }
  const states = answer.getAll('state');
  const page = states.length === 1 ? pages.find(({ state }) => state === states[0]) : undefined;
  if (page === undefined) return { page: strayPage(400, NOT_THIS_LOGIN) };
  if (!page.opened || !holds(page, request)) {
    tell('other-browser');
    return { page: otherBrowserPage() };
  }
  if (page.answered) return { page: strayPage(410, 'This login was answered before.') };
  page.answered = true;
  return { answer: url, of: page };
}
