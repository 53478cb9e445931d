/**
 * Waits on loopback for the answer of one login (RFC 8252 §7.3). It binds address literals, never a name. A wrong Host
 * (DNS rebinding), path or method, a body, a prefetch, a slow client, or an answer from another browser gets a page that
 * says so, and changes nothing (threats O01, O05, O06, O19).
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { LoginError } from '../../errors.ts';
import { peerIsForeign } from '../../system/peer-user.ts';
import {
  type LoginAnswer,
  type LoginEvent,
  type LoginPage,
  type LoginSession,
  routeRequest,
} from './listener-route.ts';
import { openLoopbackServer } from './loopback-server.ts';
import { duration } from './page.ts';
import type { Page } from './page-frame.ts';

export interface LoginListener {
  readonly redirectUri: string;
  /** Serves a start page from now on, and returns its address, which cannot be guessed. */
  readonly addPage: (page: Pick<LoginPage, 'state' | 'start' | 'ownOnly'>) => string;
  /** Starts to wait for answers. */
  readonly begin: (waiting: Waiting) => AnswerQueue;
  /** Stops listening and closes all connections. */
  readonly close: () => Promise<void>;
}

export interface Waiting {
  /** Seconds to wait for all answers together. */
  readonly seconds: number;
  /** Called once for each kind of event. */
  readonly tell: (event: LoginEvent) => void;
}

/** The answers of a login. There is at most one for each page. */
export interface AnswerQueue {
  /** Waits for the next answer. @throws LoginError `LOGIN_TIMEOUT` */
  readonly next: () => Promise<LoginAnswer>;
}

/** Milliseconds for the browser to fetch the result page. A browser that was closed must not hold up git. */
const RESULT_PAGE_WAIT = 2000;

/** Opens the listener. @throws ConfigError, LoginError `LOGIN_FAILED` if the port is in use */
export async function openLoginListener(redirectUrl?: string): Promise<LoginListener> {
  let session: Session | undefined;
  const { host, path, close } = await openLoopbackServer(redirectUrl, (request, response) => {
    if (session === undefined) response.destroy();
    else handle(session, request, response);
  });
  const opened: Session = {
    ...{ callbackPath: path, host, pages: [], cookieSeconds: 0 },
    ...{ tell: () => undefined, take: () => undefined },
  };
  session = opened;
  return {
    redirectUri: `http://${host}${path}`,
    addPage: (page) => {
      const own = { path: `/${randomWord()}`, opened: false, disputed: false, answered: false };
      // cookies ignore ports, so each page has a name of its own
      const cookie = { name: `git-signet-${randomWord()}`, value: randomWord() };
      opened.pages.push({ ...page, ...own, cookie });
      return `http://${host}${own.path}`;
    },
    begin: (waiting) => beginWaiting(opened, waiting),
    close,
  };
}

function randomWord(): string {
  return Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(18))).toString('base64url');
}

interface Session extends LoginSession {
  take: (answer: LoginAnswer) => void;
}

/** Seconds that a cookie outlives the deadline. */
const COOKIE_SECONDS_LEFT = 60;

function beginWaiting(session: Session, { seconds, tell }: Waiting): AnswerQueue {
  const told = new Set<LoginEvent>();
  session.cookieSeconds = Math.ceil(seconds) + COOKIE_SECONDS_LEFT;
  session.tell = (event) => {
    if (!told.has(event)) tell(event);
    told.add(event);
  };
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => undefined);
  const timer = setTimeout(() => {
    late.reject(
      new LoginError('LOGIN_TIMEOUT', `you did not log in within ${duration(seconds)}`, {
        hint: 'run the git command again. To wait longer: git config --global signet.loginTimeout SECONDS',
      }),
    );
  }, seconds * 1000);
  // the listener keeps the process alive as long as it is needed, so the timer must not
  timer.unref();
  const answers: LoginAnswer[] = [];
  let wake = (): void => undefined;
  session.take = (answer) => {
    answers.push(answer);
    wake();
  };
  const next = async (): Promise<LoginAnswer> => {
    for (;;) {
      const answer = answers.shift();
      if (answer !== undefined) return answer;
      const arrived = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await Promise.race([arrived, late.promise]);
    }
  };
  return { next };
}

function handle(session: Session, request: IncomingMessage, response: ServerResponse): void {
  const routed = routeRequest(session, request, () => peerIsForeign(request.socket));
  if ('page' in routed) {
    if (routed.after !== undefined) response.once('close', routed.after);
    send(response, routed.page);
  } else {
    const { answer, of } = routed;
    session.take({
      url: answer,
      state: of.state,
      disputed: () => of.disputed,
      finish: (page) => finish(session, response, page),
    });
  }
}

/** Redirects the browser, so that code and state leave the address bar and the history (threat O07). */
function finish(session: LoginSession, response: ServerResponse, page: Page): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, RESULT_PAGE_WAIT);
    const fetched = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const path = `/${randomWord()}`;
    session.result = { path, page, fetched };
    const headers = {
      location: path,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    };
    send(response, { status: 303, headers, html: '' });
  });
}

function send(response: ServerResponse, { status, headers, html }: Page): void {
  // a kept connection would hold the process after the login
  const length = Buffer.byteLength(html);
  response.writeHead(status, { ...headers, connection: 'close', 'content-length': length });
  response.end(html);
}
