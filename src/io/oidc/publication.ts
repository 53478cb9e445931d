/**
 * Before an identity becomes public for ever: its person agrees, once for each identity. Asked after the login,
 * because only then it is known who it is, and before the certificate authority hears of it, because its log keeps
 * everything. A token that somebody put there for this purpose is agreement. Where there is no terminal to ask at, so is
 * a login before which the person was told the same: the click on our page, the code that is entered elsewhere.
 */

import { visible } from '../../core/escape.ts';
import { LoginError } from '../../errors.ts';
import type { Environment } from '../config.ts';
import { type Mark, markNamed } from '../state-directory.ts';
import type { IdentityToken, TokenRequest } from './identity-token.ts';
import type { SigningContext } from './page.ts';
import type { IdentityClaims } from './token.ts';

export type PublicationRequest = Pick<
  TokenRequest,
  'settings' | 'environment' | 'terminal' | 'context'
>;

export type Candidate = Pick<IdentityToken, 'claims' | 'fresh' | 'told'>;

/**
 * True where the terminal has yet to ask; false where nothing is in the way.
 * @throws LoginError `PUBLICATION_REFUSED` where no answer could help
 */
export async function mustAskToPublish(
  { settings, environment, terminal }: PublicationRequest,
  { claims, fresh, told }: Candidate,
): Promise<boolean> {
  const { publishIdentity } = settings;
  if (publishIdentity === 'yes') return false;
  if (publishIdentity === 'no') {
    throw refused(`${nameOf(claims)} is not to become public (signet.publishIdentity = no)`);
  }
  if (!fresh) return false;
  if (terminal.interactive) return (await agreement(claims, environment)).setAt() === undefined;
  if (told === true) return false;
  throw refused(`there is no terminal to ask whether ${nameOf(claims)} may become public`);
}

/** @throws LoginError `PUBLICATION_REFUSED` */
export async function agreeToPublish(
  request: PublicationRequest,
  candidate: Candidate,
): Promise<void> {
  if (!(await mustAskToPublish(request, candidate))) return;
  const { settings, environment, terminal, context } = request;
  const { claims } = candidate;
  const answer = await terminal.ask(
    `${becomesPublic(claims.names[0] ?? claims.challenge, context)}. Go on? [y/N/always]`,
    AbortSignal.timeout(settings.loginTimeout * 1000),
  );
  const word = answer?.trim().toLowerCase() ?? '';
  if (word === 'always' || word === 'a') (await agreement(claims, environment)).set();
  else if (word !== 'y' && word !== 'yes') {
    const silent = answer === undefined ? ' (nobody answered)' : '';
    throw refused(`you did not agree that ${nameOf(claims)} becomes public${silent}`);
  }
}

function nameOf({ names, challenge }: IdentityClaims): string {
  return visible(names[0] ?? challenge);
}

/** What a person is told before it happens, in one line. */
export function becomesPublic(who: string, context: Pick<SigningContext, 'kind'>): string {
  return `for ever public in the log: ${who}, the time, a fingerprint of ${signed(context)}`;
}

/** What a fingerprint of becomes public. */
function signed({ kind }: Pick<SigningContext, 'kind'>): string {
  return kind === 'login' ? 'each commit or tag' : `this ${kind}`;
}

/** Remembered by issuer and account, under a name that tells neither. */
async function agreement(
  { issuer, names, challenge }: IdentityClaims,
  environment: Environment,
): Promise<Mark> {
  const { createHash } = await import('node:crypto');
  const text = `${issuer}\n${names[0] ?? challenge}`;
  return markNamed(`agreed-${createHash('sha256').update(text).digest('hex')}`, environment);
}

function refused(why: string): LoginError {
  return new LoginError('PUBLICATION_REFUSED', why, {
    hint: 'nothing was published; to agree beforehand: git config signet.publishIdentity yes',
  });
}
