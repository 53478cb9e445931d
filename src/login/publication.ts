/**
 * Asks the user before an identity becomes public forever: once for each identity, and by name for an account that was
 * not expected here. Both are one question. It comes after the login, when the account is known, and before the
 * certificate authority is asked, because its log keeps everything. A token that was put there for this purpose counts as
 * agreement. If there is no terminal, a login counts too, if its page or code told the user what becomes public. That
 * holds for an expected account only (threat O20).
 */

import { visible } from '../core/escape.ts';
import { claimsMeet, writeExpectation } from '../core/expected-account.ts';
import type { IdentityClaims } from '../core/identity-claims.ts';
import { LoginError } from '../errors.ts';
import { ALWAYS, answerTo, YES_OR_NO } from '../system/answers.ts';
import type { Environment } from '../system/environment.ts';
import { type Mark, markNamed } from '../system/state-directory.ts';
import { becomesPublic } from './becomes-public.ts';
import { wrongAccountMark } from './browser/account-choice.ts';
import type { IdentityToken, TokenRequest } from './token-request.ts';

export type PublicationRequest = Pick<
  TokenRequest,
  'settings' | 'env' | 'terminal' | 'expected' | 'committer' | 'issuerUrl'
> &
  Partial<Pick<TokenRequest, 'context'>>;

export type Candidate = Pick<IdentityToken, 'claims' | 'fresh' | 'told' | 'disputed'>;

/** The questions that the terminal must still ask. */
interface Doubts {
  /** True if it must ask whether the identity may become public. */
  readonly publish: boolean;
  /** Why the program must ask whether the account is the user's, or '' if it need not. */
  readonly account: string;
}

/**
 * Returns whether the terminal must still ask.
 * @throws LoginError `PUBLICATION_REFUSED`, `IDENTITY_UNEXPECTED` if no answer could help
 */
export async function mustAskToPublish(
  request: PublicationRequest,
  candidate: Candidate,
): Promise<boolean> {
  const { publish, account } = await doubtsAbout(request, candidate);
  return publish || account !== '';
}

/** Asks the user if that is needed. @throws LoginError `PUBLICATION_REFUSED`, `IDENTITY_UNEXPECTED` */
export async function agreeToPublish(
  request: PublicationRequest,
  candidate: Candidate,
): Promise<void> {
  const doubts = await doubtsAbout(request, candidate);
  const { claims, fresh } = candidate;
  if (doubts.publish || doubts.account !== '') await ask(request, claims, doubts);
  if (fresh) (await remembered('seen', claims, request.env)).set();
}

async function doubtsAbout(
  request: PublicationRequest,
  { claims, fresh, told, disputed }: Candidate,
): Promise<Doubts> {
  const { settings, env, terminal } = request;
  const { publishIdentity } = settings;
  const name = nameOf(claims);
  if (publishIdentity === 'no') {
    throw refused(`${name} may not become public (signet.publishIdentity = no)`);
  }
  if (!fresh) return { publish: false, account: '' };
  const agreed = (await remembered('agreed', claims, env)).setAt() !== undefined;
  const seen = agreed || (await remembered('seen', claims, env)).setAt() !== undefined;
  const expected = isExpected(request, claims);
  if (terminal.interactive) {
    const stranger = expected || seen ? '' : `${committerWords(request)}this account is new here`;
    const account = disputed?.() === true ? 'its page was opened twice' : stranger;
    return { publish: publishIdentity !== 'yes' && !agreed, account };
  }
  if (!expected && (!seen || disputed?.() === true)) throw unconfirmed(request, name);
  if (publishIdentity !== 'yes' && told !== true) {
    throw refused(`there is no terminal to ask whether ${name} may become public`);
  }
  return { publish: false, account: '' };
}

/** Returns whether the account is the configured one, which was compared before, or the committer's. */
function isExpected(
  { settings, expected = settings.identity, committer }: PublicationRequest,
  claims: IdentityClaims,
): boolean {
  if (expected !== undefined && expected !== '') return true;
  return committer !== undefined && claimsMeet(writeExpectation({ committer }), claims);
}

function committerWords({ committer }: PublicationRequest): string {
  const who = committer?.email || committer?.name || '';
  return who === '' ? '' : `the committer is ${visible(who)}, and `;
}

async function ask(
  request: PublicationRequest,
  claims: IdentityClaims,
  { publish, account }: Doubts,
): Promise<void> {
  const { settings, env, terminal } = request;
  const name = claims.names[0] ?? claims.challenge;
  if (account !== '') terminal.say(`logged in as ${visible(name)}, but ${account}`);
  const told = publish ? `${becomesPublic(name, request.context)}. ` : '';
  const question = account === '' ? 'Go on?' : `Sign as ${name}?`;
  const answer = await answerTo(
    `${told}${question} [y/n${publish ? '/always' : ''}]`,
    publish ? { ...YES_OR_NO, ...ALWAYS } : YES_OR_NO,
    terminal,
    AbortSignal.timeout(settings.loginTimeout * 1000),
  );
  if (answer === 'always') {
    (await remembered('agreed', claims, env)).set();
  } else if (answer !== 'yes') {
    const silent = answer === undefined ? ' (there was no answer)' : '';
    if (account === '')
      throw refused(`you did not agree that ${visible(name)} becomes public${silent}`);
    // the issuer would give the same account again
    wrongAccountMark(request).set();
    throw new LoginError(
      'IDENTITY_UNEXPECTED',
      `you did not confirm that you are ${visible(name)}${silent}`,
      {
        hint: 'nothing was published. Run the git command again and choose the other account',
      },
    );
  }
}

function nameOf({ names, challenge }: IdentityClaims): string {
  return visible(names[0] ?? challenge);
}

/** Returns the mark for an account of an issuer. Its name is a digest, so that it shows neither. */
async function remembered(
  what: 'agreed' | 'seen',
  { issuer, names, challenge }: IdentityClaims,
  env: Environment,
): Promise<Mark> {
  const { createHash } = await import('node:crypto');
  const text = `${issuer}\n${names[0] ?? challenge}`;
  return markNamed(`${what}-${createHash('sha256').update(text).digest('hex')}`, env);
}

function refused(why: string): LoginError {
  return new LoginError('PUBLICATION_REFUSED', why, {
    hint: 'nothing was published. To agree beforehand: git config --global signet.publishIdentity yes',
  });
}

function unconfirmed(request: PublicationRequest, name: string): LoginError {
  const what = `${committerWords(request)}there is no terminal to ask whether that is you`;
  return new LoginError('IDENTITY_UNEXPECTED', `logged in as ${name}, but ${what}`, {
    hint: 'nothing was published. Run git signet login at a terminal, or name the signer: git signet use NAME',
  });
}
