/**
 * Before an identity becomes public for ever: its person agrees, once for each identity, and confirms an account by name
 * that nobody expected here. One question, not two. Asked after the login, because only then it is known who it is, and
 * before the certificate authority hears of it, because its log keeps everything. A token that somebody put there for
 * this purpose is agreement. Where there is no terminal to ask at, so is a login before which the person was told what
 * becomes public (the click on our page, the code that is entered elsewhere), but for an expected account only (threat
 * O20).
 */

import { visible } from '../core/escape.ts';
import { claimsMeet, writeExpectation } from '../core/expectation.ts';
import type { IdentityClaims } from '../core/identity-claims.ts';
import { LoginError } from '../errors.ts';
import type { Environment } from '../system/environment.ts';
import { type Mark, markNamed } from '../system/state-directory.ts';
import { wrongAccountMark } from './browser/account-choice.ts';
import type { SigningContext } from './browser/page.ts';
import type { IdentityToken, TokenRequest } from './token-request.ts';

export type PublicationRequest = Pick<
  TokenRequest,
  'settings' | 'env' | 'terminal' | 'context' | 'expected' | 'committer' | 'issuerUrl'
>;

export type Candidate = Pick<IdentityToken, 'claims' | 'fresh' | 'told' | 'disputed'>;

/** What the terminal has yet to ask. */
interface Doubts {
  /** Whether it may become public. */
  readonly publish: boolean;
  /** Whether that account is the person's, and why that is asked; '' where it is not. */
  readonly account: string;
}

/**
 * True where the terminal has yet to ask; false where nothing is in the way.
 * @throws LoginError `PUBLICATION_REFUSED`, `IDENTITY_UNEXPECTED` where no answer could help
 */
export async function mustAskToPublish(
  request: PublicationRequest,
  candidate: Candidate,
): Promise<boolean> {
  const { publish, account } = await doubtsAbout(request, candidate);
  return publish || account !== '';
}

/** @throws LoginError `PUBLICATION_REFUSED`, `IDENTITY_UNEXPECTED` */
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
    throw refused(`${name} is not to become public (signet.publishIdentity = no)`);
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

/** The account that the configuration names, which was compared already, or that of the committer. */
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
  const { settings, env, terminal, context } = request;
  const name = claims.names[0] ?? claims.challenge;
  if (account !== '') terminal.say(`logged in as ${visible(name)}; ${account}`);
  const told = publish ? `${becomesPublic(name, context)}. ` : '';
  const question = account === '' ? 'Go on?' : `Sign as ${name}?`;
  const answer = await answerTo(
    `${told}${question} [y/n${publish ? '/always' : ''}]`,
    publish ? { ...ANSWERS, ...ALWAYS } : ANSWERS,
    terminal,
    AbortSignal.timeout(settings.loginTimeout * 1000),
  );
  if (answer === 'always') {
    (await remembered('agreed', claims, env)).set();
  } else if (answer !== 'yes') {
    const silent = answer === undefined ? ' (nobody answered)' : '';
    if (account === '')
      throw refused(`you did not agree that ${visible(name)} becomes public${silent}`);
    // the issuer would give the same account again
    wrongAccountMark(request).set();
    throw new LoginError(
      'IDENTITY_UNEXPECTED',
      `you did not confirm that you are ${visible(name)}${silent}`,
      {
        hint: 'nothing was published; run the git command again and choose the other account',
      },
    );
  }
}

type Answer = 'yes' | 'no' | 'always';

const ANSWERS: Readonly<Record<string, Answer>> = { y: 'yes', yes: 'yes', n: 'no', no: 'no' };
const ALWAYS: Readonly<Record<string, Answer>> = { a: 'always', always: 'always' };

/**
 * Asks until one of the words in `answers` is typed. An early Enter or a slip must not throw a login away. Returns
 * undefined when input ends or `signal` aborts.
 */
async function answerTo(
  question: string,
  answers: Readonly<Record<string, Answer>>,
  terminal: Pick<TokenRequest['terminal'], 'ask'>,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const words = [...new Set(Object.values(answers))].join(' or ');
  for (let text = question; ; text = `please type ${words}:`) {
    const typed = (await terminal.ask(text, signal))?.trim().toLowerCase();
    if (typed === undefined) return undefined;
    if (Object.hasOwn(answers, typed)) return answers[typed];
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

/** What is remembered of an issuer's account, under a name that tells neither. */
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
    hint: 'nothing was published; to agree beforehand: git config --global signet.publishIdentity yes',
  });
}

function unconfirmed(request: PublicationRequest, name: string): LoginError {
  const what = `${committerWords(request)}no terminal is there to ask whether that is you`;
  return new LoginError('IDENTITY_UNEXPECTED', `logged in as ${name}; ${what}`, {
    hint: 'nothing was published; at a terminal: git signet login, or say who signs here: git signet use NAME',
  });
}
