/**
 * States and checks which signer a signature must have: the configured identity (`signet.identity`) *and* the committer
 * (`signet.matchCommitter`: a person by e-mail address, a workload by name). Signing, the agent and `login` evaluate this
 * one expectation before any data leaves the machine (threats O13, O20, D26). It has one text form, because logins are
 * kept by it, never by directory (threat D10).
 */

import { LoginError } from '../errors.ts';
import { visible } from './escape.ts';
import { payloadKind } from './git/payload-kind.ts';
import type { Person } from './git/person.ts';
import type { IdentityClaims } from './identity-claims.ts';
import { committerOf, roleIn } from './policy/committer.ts';
import type { Signer } from './verdict.ts';

/** The required signer. Every part that is present must match. */
export interface Expectation {
  readonly identity?: string | undefined;
  readonly committer?: Person | undefined;
}

/** The settings that decide about it (see `Settings`). */
export interface IdentitySettings {
  readonly identity?: string | undefined;
  readonly matchCommitter: boolean;
  /** The committer that git would write here, for a statement, which names none. */
  readonly statementCommitter?: Person | undefined;
}

/** The text of an expectation that every account meets. */
export const ANYBODY = '';

const COMMITTER = /^(.*) <([^<>]*)>$/;

/** Returns the text form: the identity, a line end, `Name <address>`. With only one part there is no line end. */
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
 * Returns the expectation for a signature over this payload, in its text form.
 * @throws LoginError `IDENTITY_UNEXPECTED` if no account could meet it
 */
export function expectationOf(settings: IdentitySettings, payload: Uint8Array): string {
  const { identity, matchCommitter, statementCommitter } = settings;
  const nobody = { name: '', email: '' };
  const named = payloadKind(payload) === 'statement' ? statementCommitter : committerOf(payload);
  const committer = matchCommitter ? (named ?? nobody) : undefined;
  const expected = writeExpectation({ identity, committer });
  const trouble = impossible(expected, roleIn(payload));
  if (trouble !== undefined) throw trouble;
  return expected;
}

/** Returns an error if no account can meet the expectation, so that no login is started in vain. */
export function impossible(expected: string, role = 'committer'): LoginError | undefined {
  const { identity, committer } = readExpectation(expected);
  if (committer === undefined) return undefined;
  const { name, email } = committer;
  if (name === '' && email === '') {
    return contradiction(`no ${role} is named, and a signature must match it`, undefined);
  }
  // a certificate has one name, which must be both the identity and the committer's
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
  return new LoginError(
    'IDENTITY_UNEXPECTED',
    `${what} (${settings}), and no login can match both`,
    {
      hint: `nothing was published, so ${next}`,
    },
  );
}

/** Returns true for a name that a shell takes without quotes, so that a command with it can be copied. */
function isPlain(name: string | undefined): name is string {
  return name !== undefined && /^[\w.+@:/-]+$/.test(name);
}

/** Returns the account to ask the issuer for, or undefined if every account will do. */
export function accountFor(expected: string): string | undefined {
  const { identity, committer } = readExpectation(expected);
  return identity ?? committer?.email;
}

/** Returns an expectation in words, or an empty text if every account will do. */
export function expectationWords(expected: string): string {
  const { identity, committer } = readExpectation(expected);
  const person = committer === undefined ? [] : [writeExpectation({ committer })];
  return visible([...(identity === undefined ? [] : [identity]), ...person].join(', committer '));
}

/** Returns the part that does not match, or undefined if both match. */
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

/** Returns true if a certificate may be requested for this account. */
export function claimsMeet(expected: string, { kind, names }: IdentityClaims): boolean {
  return unmet(expected, kind === 'email', names) === undefined;
}

/** Returns true if a certificate is for the expected signer. */
export function signerMeets(
  expected: string,
  { kind, value }: Pick<Signer, 'kind' | 'value'>,
): boolean {
  return unmet(expected, kind === 'email', [value]) === undefined;
}

/**
 * Refuses an account that does not meet the expectation, before its token goes to the certificate authority. `asked`
 * means that the user has just named it, and no setting did.
 * @throws LoginError `IDENTITY_UNEXPECTED`
 */
export function acceptExpected(expected: string, claims: IdentityClaims, asked = false): void {
  const { kind, names, challenge } = claims;
  const half = unmet(expected, kind === 'email', names);
  if (half === undefined) return;
  throw unexpected(names[0] ?? challenge, expected, half, asked);
}

/** @throws LoginError `IDENTITY_UNEXPECTED` for a certificate of another signer */
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
  const next =
    isPlain(due) && !asked
      ? `To log in as the expected account: git signet login --identity ${due}`
      : 'Log in with the other account, or change the setting';
  return new LoginError(
    'IDENTITY_UNEXPECTED',
    `logged in as ${visible(account)}, but ${why[half]}`,
    { hint: `nothing was published. ${next}` },
  );
}
