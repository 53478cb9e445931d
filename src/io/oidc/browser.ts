/**
 * A login in the browser of this machine (OpenID Connect authorization code with PKCE, RFC 8252). The page that opens
 * is ours: it says what is about to be signed and what becomes public, and its one link leads to the issuer, so that
 * the click is informed, costs nothing more where the issuer remembers the person, and so that neither the terminal
 * nor a process list shows the issuer's long address.
 */

import { isSignetError, LoginError } from '../../errors.ts';
import { wrongAccountMark } from './account-choice.ts';
import { connectIssuer, refuseUncheckedTls } from './connect.ts';
import type { IdentityToken, TokenRequest } from './identity-token.ts';
import type { Issuer, LoginSecrets } from './issuer.ts';
import { type LoginListener, openLoginListener } from './listener.ts';
import { chooseOpener, type Opener } from './opener.ts';
import { type Choice, duration, failurePage, startPage, successPage } from './page.ts';
import { mustAskToPublish } from './publication.ts';
import { readIdentityToken } from './token.ts';

/** The public-good issuer asks which account to use; asking on our page saves that step. Its connectors' names. */
const CONNECTORS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'https://oauth2.sigstore.dev/auth': [
    ['GitHub', 'https://github.com/login/oauth'],
    ['Google', 'https://accounts.google.com'],
    ['Microsoft', 'https://login.microsoftonline.com'],
  ],
};

/** @throws LoginError, ConfigError, ServiceError */
export async function loginWithBrowser(request: TokenRequest): Promise<IdentityToken> {
  const { settings, environment } = request;
  refuseUncheckedTls(environment);
  const opener = chooseOpener(settings.urlOpener, environment, process.platform);
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

async function login(
  request: TokenRequest,
  { issuer, listener, opener }: Login,
): Promise<IdentityToken> {
  const { settings, context } = request;
  const identity = expectedOf(request);
  const secrets = issuer.newLogin();
  const choices = await choicesOf(request, issuer, listener, secrets);
  const { loginTimeout } = settings;
  const start = startPage({ context, identity, choices, timeout: loginTimeout });
  const answering = listener.wait({ state: secrets.state, start, seconds: loginTimeout });
  const invited = invite(request, listener.startUrl, opener);
  // an opener that takes its time holds up no answer; one that fails where nobody would know ends the wait
  const answer = await Promise.race([answering, invited.then(() => answering)]);
  try {
    const { idToken, ...renewal } = await issuer.exchange(answer.url, secrets);
    const claims = readIdentityToken(idToken, {
      clientId: settings.clientId,
      issuer: issuer.name,
      nonce: secrets.nonce,
      ownRequest: true,
      now: request.now(),
    });
    request.accept(claims);
    wrongAccountMark(request)?.clear();
    const identity = { token: idToken, claims, source: 'browser', fresh: true, told: true };
    // the terminal's question is not held up by the page, and a page that waits for it would send nobody there
    const asks = await mustAskToPublish(request, identity);
    const page = successPage(context, claims.challenge, asks);
    return { ...renewal, ...identity, finished: answer.finish(page).then(listener.close) };
  } catch (error) {
    const known = isSignetError(error);
    if (known && error.code === 'IDENTITY_UNEXPECTED') wrongAccountMark(request)?.set();
    const reason = known ? error.message : 'something went wrong';
    await answer.finish(failurePage(context, reason));
    throw error;
  }
}

/** The account to ask for. */
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
  const chooseAccount = wrongAccountMark(request)?.setAt() !== undefined;
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
    'no browser could be started, and no terminal to ask at',
    {
      hint: "run: git signet login --device, or name a program: git config signet.urlOpener 'firefox {url}'",
    },
  );
}

/**
 * Says what is needed and opens the page; where that fails, the person at the terminal has the address.
 * @throws LoginError where there is none
 */
async function invite(
  request: TokenRequest,
  url: string,
  opener: Opener | undefined,
): Promise<void> {
  const { terminal, settings, issuerUrl, context } = request;
  const identity = expectedOf(request);
  const { loginTimeout } = settings;
  const need =
    context.kind === 'login'
      ? `logging in${identity ? ` as ${identity}` : ''}`
      : `signing${identity ? ` for ${identity}` : ''} needs a login`;
  terminal.say(`${need} (${new URL(issuerUrl).host})`);
  const waiting = `(waiting up to ${duration(loginTimeout)})`;
  if (opener === undefined) {
    terminal.say(`open this address in a browser on this machine: ${url} ${waiting}`);
    return;
  }
  terminal.say(`opening ${url} ${waiting}`);
  await opener(url).catch(() => {
    if (!terminal.interactive) throw noBrowser();
    terminal.hint('no browser could be started; open that address yourself');
  });
}
