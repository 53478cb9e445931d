/**
 * Logs in with a browser of this machine (OpenID Connect authorization code with PKCE, RFC 8252). The browser opens a page
 * of this program first. It says what will be signed and what becomes public, and links to the issuer. So the user
 * knows before the click, and neither the terminal nor a process list shows the issuer's long address.
 */

import { isSignetError, LoginError } from '../../errors.ts';
import { connectIssuer, refuseUncheckedTls } from '../connect.ts';
import type { Issuer, LoginSecrets } from '../issuer.ts';
import { mustAskToPublish } from '../publication.ts';
import { acceptToken } from '../token-claims.ts';
import type { IdentityToken, TokenRequest } from '../token-request.ts';
import { wrongAccountMark } from './account-choice.ts';
import { type LoginListener, openLoginListener } from './listener.ts';
import type { LoginAnswer, LoginEvent } from './listener-route.ts';
import { chooseOpener, type Opener } from './opener.ts';
import { type Choice, duration, failurePage, startPage, successPage } from './page.ts';

/** The connectors of the public-good issuer, which asks which of them to use. Asking on our page saves that step. */
const CONNECTORS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'https://oauth2.sigstore.dev/auth': [
    ['GitHub', 'https://github.com/login/oauth'],
    ['Google', 'https://accounts.google.com'],
    ['Microsoft', 'https://login.microsoftonline.com'],
  ],
};

/** Logs in with a browser and returns the identity token. @throws LoginError, ConfigError, ServiceError */
export async function loginWithBrowser(request: TokenRequest): Promise<IdentityToken> {
  const { settings, env } = request;
  refuseUncheckedTls(env);
  const opener = chooseOpener(settings.urlOpener, env, process.platform);
  const issuer = await connectIssuer(request);
  const listener = await openLoginListener(settings.redirectUrl);
  try {
    return await login(request, { issuer, listener, opener });
  } catch (error) {
    await listener.close();
    throw error;
  }
}

interface Login {
  readonly issuer: Issuer;
  readonly listener: LoginListener;
  readonly opener: Opener | undefined;
}

/** The start pages of a login. Each has secrets of its own. */
interface Entrances {
  /** The secrets of each page, by state. */
  readonly secrets: ReadonlyMap<string, LoginSecrets>;
  /** The address for the opener. Other users can read it in the opener's arguments. */
  readonly opened: string | undefined;
  /** The address that the terminal shows. It works in any browser of this machine, also if the other page was taken. */
  readonly printed: string;
}

async function addPages(
  request: TokenRequest,
  { issuer, listener, opener }: Login,
): Promise<Entrances> {
  const { settings, context } = request;
  const secrets = new Map<string, LoginSecrets>();
  const add = async (ownOnly: boolean): Promise<string> => {
    const own = issuer.newLogin();
    const { state } = own;
    const choices = await choicesOf(request, issuer, listener, own);
    const identity = expectedOf(request);
    const start = startPage({ context, identity, choices, timeout: settings.loginTimeout });
    secrets.set(state, own);
    return listener.addPage({ state, start, ownOnly });
  };
  const opened = opener === undefined ? undefined : await add(true);
  return { secrets, opened, printed: await add(false) };
}

async function login(request: TokenRequest, parts: Login): Promise<IdentityToken> {
  const { issuer, listener, opener } = parts;
  const entrances = await addPages(request, parts);
  const answers = listener.begin({
    seconds: request.settings.loginTimeout,
    tell: (event) => request.terminal.say(EVENTS[event]),
  });
  const invited = invite(request, entrances, opener);
  const next = async (): Promise<LoginAnswer> => {
    const answering = answers.next();
    // a slow opener must not delay the answer, but one that fails without a terminal ends the wait
    return Promise.race([answering, invited.then(() => answering)]);
  };
  for (;;) {
    const answer = await next();
    const secrets = entrances.secrets.get(answer.state);
    if (secrets === undefined) continue;
    try {
      const identity = await tokenFor(request, { issuer, answer, secrets });
      return { ...identity, finished: identity.finished.then(listener.close) };
    } catch (error) {
      // another user who took a page must not end the login
      if (!answer.disputed() || !isSignetError(error)) throw error;
      request.terminal.say(`${error.message}. git still waits for the login, at the address above`);
    }
  }
}

const EVENTS: Readonly<Record<LoginEvent, string>> = {
  'opened-twice': 'the login page was opened a second time. If it was not you, press Ctrl-C',
  'other-user': 'another user of this machine asked for the login page, and was refused',
  'other-browser':
    'the login started in one browser and ended in another. Go on in the first, or open the address above in the second',
};

interface Answered {
  readonly issuer: Issuer;
  readonly answer: LoginAnswer;
  readonly secrets: LoginSecrets;
}

/** Exchanges an answer for the token, and shows the result in the browser. @throws LoginError, ServiceError */
async function tokenFor(
  request: TokenRequest,
  { issuer, answer, secrets }: Answered,
): Promise<IdentityToken> {
  const { context } = request;
  try {
    const { idToken, ...renewal } = await issuer.exchange(answer.url, secrets);
    const claims = acceptToken(idToken, { ...request, issuer: issuer.name, nonce: secrets.nonce });
    wrongAccountMark(request).clear();
    const { disputed } = answer;
    const identity = {
      ...{ token: idToken, claims, source: 'browser', fresh: true, told: true, disputed },
    };
    // the page must not wait for the answer at the terminal, because it is what sends the user there
    const asks = await mustAskToPublish(request, identity);
    const page = successPage(context, claims.challenge, asks);
    return { ...renewal, ...identity, finished: answer.finish(page) };
  } catch (error) {
    const known = isSignetError(error);
    if (known && error.code === 'IDENTITY_UNEXPECTED') wrongAccountMark(request).set();
    const refused = known ? error : { message: 'something went wrong' };
    await answer.finish(failurePage(context, refused));
    throw error;
  }
}

function expectedOf({ expected, settings }: TokenRequest): string | undefined {
  return expected ?? settings.identity;
}

async function choicesOf(
  request: TokenRequest,
  issuer: Issuer,
  { redirectUri }: LoginListener,
  secrets: LoginSecrets,
): Promise<readonly Choice[]> {
  const { settings, issuerUrl, renewable = true } = request;
  const identity = expectedOf(request);
  const { connectorId } = settings;
  const chooseAccount = wrongAccountMark(request).setAt() !== undefined;
  const common = { redirectUri, identity, renewable, chooseAccount };
  const href = async (connector: string | undefined): Promise<string> =>
    (await issuer.authorizationUrl({ ...common, connectorId: connector }, secrets)).href;
  const connectors = connectorId ? undefined : CONNECTORS[issuerUrl];
  if (connectors === undefined) {
    return [{ label: `Continue to ${new URL(issuerUrl).host}`, href: await href(connectorId) }];
  }
  return Promise.all(
    connectors.map(async ([name, id]) => ({
      label: `Continue with ${name}`,
      href: await href(id),
    })),
  );
}

function noBrowser(): LoginError {
  return new LoginError(
    'LOGIN_NO_TERMINAL',
    'no browser could be started, and there is no terminal to ask at',
    {
      hint: "git signet login --device, or name a program: git config --global signet.urlOpener 'firefox {url}'",
    },
  );
}

/**
 * Says why a login is needed, prints the address and opens the browser.
 * @throws LoginError if no browser can be started and there is no terminal
 */
async function invite(
  request: TokenRequest,
  { opened, printed }: Entrances,
  opener: Opener | undefined,
): Promise<void> {
  const { terminal, settings, issuerUrl, context } = request;
  const identity = expectedOf(request);
  const need =
    context.kind === 'login'
      ? `logging in${identity ? ` as ${identity}` : ''}`
      : `signing${identity ? ` for ${identity}` : ''} needs a login`;
  const until = `${new URL(issuerUrl).host}, waiting up to ${duration(settings.loginTimeout)}`;
  const browser = opened === undefined ? '' : '. A browser opens';
  terminal.say(`${need} (${until})${browser}`);
  const how = opened === undefined ? 'open' : 'or open';
  terminal.hint(`${how} this address in a browser on this machine: ${printed}`);
  if (opener === undefined || opened === undefined) return;
  await opener(opened).catch(() => {
    if (!terminal.interactive) throw noBrowser();
    terminal.hint('no browser could be started. Open that address yourself');
  });
}
