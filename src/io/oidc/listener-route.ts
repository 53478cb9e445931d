/**
 * What a request at the login listener is: the start page, the issuer's answer, the result page, or nothing of ours.
 * One answer with the right state ends the wait; one with a wrong state ends it too, because somebody is trying
 * (threats O01, O06).
 */

import type { IncomingMessage } from 'node:http';
import { LoginError } from '../../errors.ts';
import { type Page, strayPage } from './page.ts';

/** The issuer's answer, its state checked, its content not yet. */
export interface LoginAnswer {
  /** The redirect as it arrived. */
  readonly url: URL;
  /** Sends the browser on to `page` at an address without code and state; settles once it was fetched, or soon. */
  readonly finish: (page: Page) => Promise<void>;
}

/** One login, as far as it has come. */
export interface LoginSession {
  readonly startPath: string;
  readonly callbackPath: string;
  /** What the Host header must say. */
  readonly host: string;
  state?: string;
  start?: Page;
  answered: boolean;
  result?: { readonly path: string; readonly page: Page; readonly fetched: () => void };
  settle?: {
    readonly resolve: (answer: LoginAnswer) => void;
    readonly reject: (error: Error) => void;
  };
}

/** A page to send, and what to do once it is sent; or an answer whose request is held. */
export type Routed =
  | { readonly page: Page; readonly after?: () => void }
  | { readonly answer: URL };

const MAX_URL = 8 * 1024;

type LoginRequest = Pick<IncomingMessage, 'headers' | 'method' | 'url'>;

export function routeRequest(session: LoginSession, request: LoginRequest): Routed {
  const refusal = refuse(session, request);
  if (refusal !== undefined) return { page: refusal };
  const url = new URL(request.url ?? '/', `http://${session.host}`);
  const { result, start } = session;
  if (url.pathname === session.startPath && start !== undefined) return { page: start };
  if (result !== undefined && url.pathname === result.path)
    return { page: result.page, after: result.fetched };
  if (url.pathname === session.callbackPath && session.settle !== undefined)
    return takeAnswer(session, url);
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
  const speculative = `${headers['sec-purpose'] ?? ''} ${headers.purpose ?? ''}`.includes(
    'prefetch',
  );
  const embedded = (headers['sec-fetch-dest'] ?? 'document') !== 'document';
  return speculative || embedded
    ? strayPage(403, 'Open this address in a window of its own.')
    : undefined;
}

function takeAnswer(session: LoginSession, url: URL): Routed {
  const { searchParams: answer } = url;
  if (!answer.has('code') && !answer.has('error')) {
    return { page: strayPage(400, 'This is not the answer of a login.') };
  }
  if (session.answered) return { page: strayPage(410, 'This login was answered before.') };
  session.answered = true;
  const states = answer.getAll('state');
  if (states.length === 1 && states[0] === session.state) return { answer: url };
  const failure = new LoginError(
    'LOGIN_STATE',
    'the answer does not belong to this login (state differs)',
    { hint: 'nothing was signed; run the git command again, and use the page that it opens' },
  );
  return {
    page: strayPage(
      400,
      'This answer does not belong to the login that git is waiting for. Nothing was signed.',
    ),
    after: () => session.settle?.reject(failure),
  };
}
