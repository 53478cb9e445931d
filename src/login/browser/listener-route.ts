/**
 * What a request at the login listener is: a start page, the issuer's answer, the result page, or nothing of ours.
 * A start page is good for one browser: the first fetch sets a cookie, and only its holder sees the page again. An
 * answer counts where the cookie and the state of one page come together. Everything else is told what to do and
 * changes nothing, because any process of this machine can ask here (threats O01, O06, O19).
 */

import type { IncomingMessage } from 'node:http';
import {
  foreignUserPage,
  openedBeforePage,
  otherBrowserPage,
  type Page,
  strayPage,
} from './page.ts';

/** The issuer's answer, its state checked, its content not yet. */
export interface LoginAnswer {
  /** The redirect as it arrived. */
  readonly url: URL;
  /** Of the page that it belongs to. */
  readonly state: string;
  /** True once its page was asked for by a second browser: perhaps the first one was somebody else's. */
  readonly disputed: () => boolean;
  /** Sends the browser on to `page` at an address without code and state; settles once it was fetched, or soon. */
  readonly finish: (page: Page) => Promise<void>;
}

/** A start page at an address of its own, with a state of its own. */
export interface LoginPage {
  readonly path: string;
  readonly state: string;
  readonly start: Page;
  /** Where others can read its address (a process list): served to programs of this user only, where that can be told. */
  readonly ownOnly: boolean;
  readonly cookie: { readonly name: string; readonly value: string };
  opened: boolean;
  disputed: boolean;
  answered: boolean;
}

/** What a person should hear of. */
export type LoginEvent = 'opened-twice' | 'other-user' | 'other-browser';

/** One login, as far as it has come. */
export interface LoginSession {
  readonly callbackPath: string;
  /** What the Host header must say. */
  readonly host: string;
  readonly pages: LoginPage[];
  /** Seconds that a cookie is of use. */
  cookieSeconds: number;
  tell: (event: LoginEvent) => void;
  result?: { readonly path: string; readonly page: Page; readonly fetched: () => void };
}

/** A page to send, and what to do once it is sent; or an answer whose request is held. */
export type Routed =
  | { readonly page: Page; readonly after?: () => void }
  | { readonly answer: URL; readonly of: LoginPage };

const MAX_URL = 8 * 1024;

type LoginRequest = Pick<IncomingMessage, 'headers' | 'method' | 'url'>;

/** `isForeign`: whether the request comes from another user of this machine. */
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

/** Requests that are no part of any login, whatever they ask for. */
function refuse(
  session: LoginSession,
  { headers, method, url = '' }: LoginRequest,
): Page | undefined {
  // a name that an attacker's DNS points at 127.0.0.1 arrives as that name
  if (headers.host !== session.host)
    return strayPage(421, 'This address is for a login on this machine only.');
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

/** A start page, for its holder, or for whoever comes first. */
function open(
  { tell, cookieSeconds }: LoginSession,
  page: LoginPage,
  request: LoginRequest,
  isForeign: () => boolean,
): Page {
  const { start, cookie, ownOnly } = page;
  // also with the right cookie: a browser hands that to whatever listens on another port of this machine
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
  // Lax: it comes along when the issuer's page leads back here, and with nothing that another page asks for
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
