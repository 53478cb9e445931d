/**
 * Obtains an identity token (docs/logins.md): a token that was given, a token of CI, or a login in a browser of this
 * machine, with a code on another device, or with a code that the user types. This file decides which. If the agent has
 * a credential or a refresh token, none of this runs.
 */

import { ConfigError, LoginError } from '../errors.ts';
import { keepOutOfCoreDumps } from '../system/core-dumps.ts';
import { SOURCE_NAMES } from './ci/sources.ts';
import type { Circumstances, Expected, PersonChoice, PersonProvider } from './person-way.ts';
import type { IdentityToken, TokenRequest } from './token-request.ts';
import { unattendedSource } from './unattended.ts';

/**
 * Obtains an identity token. Its claims are checked, its account is accepted, and the user agreed that it becomes public.
 * @throws LoginError, ConfigError, ServiceError
 */
export async function obtainIdentityToken(request: TokenRequest): Promise<IdentityToken> {
  keepOutOfCoreDumps();
  const identity = await ((await unattended(request)) ?? logIn(request));
  const { agreeToPublish } = await import('./publication.ts');
  try {
    await agreeToPublish(request, identity);
  } catch (error) {
    await identity.finished;
    throw error;
  }
  return identity;
}

/** Obtains a token without a person, or undefined if there is no source of one. @throws LoginError, ServiceError */
async function unattended(request: TokenRequest): Promise<IdentityToken | undefined> {
  const { given, settings, env } = request;
  const source = unattendedSource(env, settings);
  if (given === undefined && source === undefined) return undefined;
  const { acceptGiven, ambientIdentity } = await import('./ci/ambient-identity.ts');
  if (given === undefined) return source && ambientIdentity(request, source);
  const { issuer, clientId } = settings;
  return acceptGiven(request, given, {
    source: 'the token given',
    remedy: `give a fresh token for the audience ${clientId}`,
    otherAccount: 'give a token of the expected account',
    issuer,
  });
}

/** Lets the user log in, in the way that works here. @throws LoginError, ConfigError, ServiceError */
async function logIn(request: TokenRequest): Promise<IdentityToken> {
  const provider = await personProvider(request.settings.tokenProvider ?? '');
  const choice = await choiceHere(request, provider, {
    asked: request.context.kind === 'login',
    expected: expectedOf(request),
  });
  return enter(request, choice, provider !== undefined);
}

/** Returns the expected account and the setting that expects it, for messages. */
function expectedOf({ expected, settings, context }: TokenRequest): Expected | undefined {
  const name = expected ?? settings.identity ?? '';
  if (name === '') return undefined;
  if (context.kind === 'login') return { name, setting: '' };
  return {
    name,
    setting: name === settings.identity ? 'signet.identity' : 'signet.matchCommitter',
  };
}

type Surroundings = Pick<TokenRequest, 'settings' | 'env' | 'terminal'>;

async function choiceHere(
  { settings, env, terminal }: Surroundings,
  provider: PersonProvider | undefined,
  wish: Pick<Circumstances, 'asked' | 'expected'>,
): Promise<PersonChoice> {
  const { chooseOpener } = await import('./browser/opener.ts');
  const { choosePersonWay } = await import('./person-way.ts');
  const opener = chooseOpener(settings.urlOpener, env, process.platform) !== undefined;
  const { interactive } = terminal;
  return choosePersonWay({ env, opener, interactive, provider, ...wish });
}

/** Returns whether a login is possible here, with a token of CI or by a person. @throws ConfigError */
export async function canLogIn(surroundings: Surroundings): Promise<boolean> {
  const { settings, env } = surroundings;
  if (unattendedSource(env, settings) !== undefined) return true;
  const provider = await personProvider(settings.tokenProvider ?? '');
  return (await choiceHere(surroundings, provider, { asked: false })).way !== 'none';
}

/** Returns the way for a person that signet.tokenProvider names. @throws ConfigError if there is no such provider */
export async function personProvider(name: string): Promise<PersonProvider | undefined> {
  const { PERSON_PROVIDERS } = await import('./person-way.ts');
  const provider = PERSON_PROVIDERS.find((each) => each === name);
  if (name === '' || provider !== undefined) return provider;
  throw new ConfigError(
    `signet.tokenProvider = ${name} is not one of ${[...PERSON_PROVIDERS, ...SOURCE_NAMES].join(', ')}`,
  );
}

async function enter(
  request: TokenRequest,
  choice: PersonChoice,
  forced: boolean,
): Promise<IdentityToken> {
  if (choice.way === 'none') {
    throw new LoginError('LOGIN_NO_TERMINAL', choice.message, { hint: choice.hint });
  }
  if (choice.way === 'browser') {
    const { loginWithBrowser } = await import('./browser/browser.ts');
    return loginWithBrowser(request);
  }
  if (choice.way === 'device') {
    const { loginWithDevice } = await import('./device/device.ts');
    const identity = await loginWithDevice(request, choice.why);
    if (identity !== undefined) return identity;
    if (forced) {
      throw new LoginError('LOGIN_FAILED', 'the issuer offers no login on another device', {
        hint: 'git config --unset signet.tokenProvider (or set it to paste or interactive)',
      });
    }
  }
  const { loginWithPastedCode } = await import('./paste.ts');
  return loginWithPastedCode(request, choice.why);
}
