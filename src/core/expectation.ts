/**
 * Whom a signature must be by. The whole expectation is stated here, once: the identity that is configured
 * (`signet.identity`) *and* the committer (`signet.matchCommitter`: a person by e-mail address, a workload by name).
 * The signer, the agent and a login beforehand evaluate this one before anything leaves (threats O13, O20, D26).
 * It has one text form, because credentials are kept by it, never by directory (threat D10).
 */

import { LoginError } from '../errors.ts';
import { visible } from './escape.ts';
import { payloadType } from './git/object.ts';
import type { Person } from './git/person.ts';
import type { IdentityClaims } from './identity-claims.ts';
import { committerOf } from './policy/committer.ts';
import type { Signer } from './verdict.ts';

/** Every part that is there must hold. */
export interface Expectation {
  readonly identity?: string | undefined;
  readonly committer?: Person | undefined;
}

/** What settings say of it: see `Settings`. */
export interface IdentitySettings {
  readonly identity?: string | undefined;
  readonly matchCommitter: boolean;
}

/** The text of an expectation that any account meets. */
export const ANYBODY = '';

const COMMITTER = /^(.*) <([^<>]*)>$/;

/** The text form: the identity, a line end, `Name <address>`; without its line end where only one part is there. */
export function writeExpectation({ identity = '', committer }: Expectation): string {
  const person = committer === undefined ? '' : `${committer.name} <${committer.email}>`;
  if (identity === '') return person;
  // an identity that looks like a committer stays one
  const odd = identity.includes('\n') || COMMITTER.test(identity);
  return person === '' && !odd ? identity : `${identity}\n${person}`;
}

/** Reads the text form. */
export function readExpectation(text: string): Expectation {
  const end = text.lastIndexOf('\n');
  const [, name, email] = COMMITTER.exec(text.slice(end + 1)) ?? [];
  const committer = name === undefined || email === undefined ? undefined : { name, email };
  const identity = end < 0 && committer === undefined ? text : text.slice(0, Math.max(end, 0));
  return { identity: identity === '' ? undefined : identity, committer };
}

/**
 * What a signature over this commit or tag must meet, in its text form.
 * @throws LoginError `IDENTITY_UNEXPECTED` where no account could meet it
 */
export function expectationOf(settings: IdentitySettings, payload: Uint8Array): string {
  const { identity, matchCommitter } = settings;
  const nobody = { name: '', email: '' };
  const committer = matchCommitter ? (committerOf(payload) ?? nobody) : undefined;
  const expected = writeExpectation({ identity, committer });
  const role = payloadType(payload) === 'tag' ? 'tagger' : 'committer';
  const trouble = impossible(expected, role);
  if (trouble !== undefined) throw trouble;
  return expected;
}

/** Why no account at all can meet an expectation, so that nobody is asked to log in; undefined where one can. */
export function impossible(expected: string, role = 'committer'): LoginError | undefined {
  const { identity, committer } = readExpectation(expected);
  if (committer === undefined) return undefined;
  const { name, email } = committer;
  if (name === '' && email === '') {
    return contradiction(`no ${role} is named, and a signature must match it`, undefined);
  }
  // a certificate has one name: it is the identity, and it is the committer's
  if (identity === undefined || identity === email || identity === name) return undefined;
  const who = visible(email === '' ? name : email);
  const what = `the ${role} is ${who}, but this repository expects ${visible(identity)}`;
  return contradiction(what, identity);
}

function contradiction(what: string, identity: string | undefined): LoginError {
  const settings = `${identity === undefined ? '' : 'signet.identity, '}signet.matchCommitter`;
  const next = isPlain(identity)
    ? `run: git config user.email ${identity}, or change signet.identity`
    : 'set user.name and user.email, or change signet.matchCommitter';
  return new LoginError('IDENTITY_UNEXPECTED', `${what} (${settings}); no login could help`, {
    hint: `nothing was published; ${next}`,
  });
}

/** Only what a shell takes as it stands is offered for copying. */
function isPlain(name: string | undefined): name is string {
  return name !== undefined && /^[\w.+@:/-]+$/.test(name);
}

/** The account to ask the issuer for; undefined where any will do. */
export function accountFor(expected: string): string | undefined {
  const { identity, committer } = readExpectation(expected);
  return identity ?? committer?.email;
}

/** An expectation as a person reads it; '' where any account will do. */
export function expectationWords(expected: string): string {
  const { identity, committer } = readExpectation(expected);
  const person = committer === undefined ? [] : [writeExpectation({ committer })];
  return visible([...(identity === undefined ? [] : [identity]), ...person].join(', committer '));
}

/** The half that does not hold, as it stands there; undefined where both hold. */
function unmet(
  expected: string,
  isEmail: boolean,
  names: readonly string[],
): keyof Expectation | undefined {
  const { identity, committer } = readExpectation(expected);
  if (identity !== undefined && !names.includes(identity)) return 'identity';
  const due = isEmail ? committer?.email : committer?.name;
  return committer !== undefined && !names.includes(due ?? '') ? 'committer' : undefined;
}

/** Whether a certificate may be asked for an account. */
export function claimsMeet(expected: string, { kind, names }: IdentityClaims): boolean {
  return unmet(expected, kind === 'email', names) === undefined;
}

/** Whether a certificate is one that was asked for. */
export function signerMeets(
  expected: string,
  { kind, value }: Pick<Signer, 'kind' | 'value'>,
): boolean {
  return unmet(expected, kind === 'email', [value]) === undefined;
}

/**
 * Refuses an account that does not meet the expectation, before the certificate authority hears of it. `asked`: it was
 * asked for by name just now, not configured.
 * @throws LoginError `IDENTITY_UNEXPECTED`
 */
export function acceptExpected(expected: string, claims: IdentityClaims, asked = false): void {
  const { kind, names, challenge } = claims;
  const half = unmet(expected, kind === 'email', names);
  if (half === undefined) return;
  throw unexpected(names[0] ?? challenge, expected, half, asked);
}

/** @throws LoginError `IDENTITY_UNEXPECTED` for a certificate that is for somebody else */
export function acceptSigner(
  expected: string,
  { kind, value }: Pick<Signer, 'kind' | 'value'>,
): void {
  const half = unmet(expected, kind === 'email', [value]);
  if (half !== undefined) throw unexpected(value, expected, half, false);
}

function unexpected(
  account: string,
  expected: string,
  half: keyof Expectation,
  asked: boolean,
): LoginError {
  const { identity = '', committer } = readExpectation(expected);
  const person = committer?.email || committer?.name || 'not named';
  const due = half === 'identity' ? identity : person;
  const why = {
    identity: asked
      ? `${visible(due)} is expected`
      : `this repository expects ${visible(due)} (signet.identity)`,
    committer: `the committer is ${visible(due)} (signet.matchCommitter)`,
  };
  const next = isPlain(due) && !asked ? `run: git signet login --identity ${due}` : OTHER_ACCOUNT;
  return new LoginError(
    'IDENTITY_UNEXPECTED',
    `logged in as ${visible(account)}, but ${why[half]}`,
    { hint: `nothing was published; ${next}` },
  );
}

const OTHER_ACCOUNT = 'log in with the other account, or change the setting';
