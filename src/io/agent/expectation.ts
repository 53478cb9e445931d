/**
 * Whom a signature must be by: an identity by name, a committer (matchCommitter: a person by e-mail address, a workload
 * by name), or whoever logs in. Credentials are kept by it, never by directory (threat D10).
 */

import { visible } from '../../core/escape.ts';
import { committerOf, type Person } from '../../core/policy/committer.ts';
import type { Signer } from '../../core/verdict.ts';
import { LoginError } from '../../errors.ts';
import type { Settings } from '../config.ts';
import type { IdentityClaims } from '../oidc/token.ts';

/** Nobody in particular: the credential of a login that was made without an expectation. */
export const ANYBODY = '';

/** What a signer asks the agent for: `signet.identity`, else `Name <address>` where the committer must match, else ''. */
export function expectationOf(
  { identity, matchCommitter }: Pick<Settings, 'identity' | 'matchCommitter'>,
  payload: Uint8Array,
): string {
  if (identity !== undefined && identity !== '') return identity;
  if (!matchCommitter) return ANYBODY;
  return expectedCommitter(committerOf(payload));
}

/** How a committer who must match is asked for; nobody is met by nobody. */
export function expectedCommitter(committer: Person | undefined): string {
  return `${committer?.name ?? ''} <${committer?.email ?? ''}>`;
}

/** The names that meet an expectation, by kind of account; undefined: any does. */
function namesFor(expected: string, isEmail: boolean): string | undefined {
  if (expected === ANYBODY) return undefined;
  const committer = /^(.*) <([^<>]*)>$/.exec(expected);
  if (committer === null) return expected;
  return (isEmail ? committer[2] : committer[1]) ?? '';
}

/** Whether an account may be asked a certificate for. */
export function claimsMeet(expected: string, { kind, names }: IdentityClaims): boolean {
  const name = namesFor(expected, kind === 'email');
  return name === undefined || names.includes(name);
}

/** Whether a certificate is one that was asked for. */
export function signerMeets(
  expected: string,
  { kind, value }: Pick<Signer, 'kind' | 'value'>,
): boolean {
  const name = namesFor(expected, kind === 'email');
  return name === undefined || name === value;
}

/** An account that is not the one. */
export function unexpected(account: string, expected: string): LoginError {
  return new LoginError(
    'IDENTITY_UNEXPECTED',
    `logged in as ${visible(account)}, but ${visible(expected)} is expected here`,
    { hint: 'nothing was published; log in with the other account, or change signet.identity' },
  );
}
