/**
 * Whether the account that logged in is the one that this repository expects (threat O13). Asked before the CA is:
 * a certificate for the wrong account would be public for ever.
 */

import { visible } from '../../core/escape.ts';
import { committerName, committerOf } from '../../core/policy/committer.ts';
import { LoginError } from '../../errors.ts';
import type { Settings } from '../settings.ts';
import type { IdentityClaims } from './token.ts';

export type IdentitySettings = Pick<Settings, 'identity' | 'matchCommitter'>;

/**
 * The account to ask the issuer for: `signet.identity`, else with matchCommitter the committer's address. Undefined
 * when any will do.
 */
export function expectedIdentity(
  payload: Uint8Array,
  { identity, matchCommitter }: IdentitySettings,
): string | undefined {
  if (identity !== undefined && identity !== '') return identity;
  return matchCommitter ? committerOf(payload)?.email : undefined;
}

/**
 * Compares the account with `signet.identity`, and with the committer where `matchCommitter` asks for it: the
 * e-mail address, or for workloads the committer's name (gitsign's rule). Text is compared byte for byte.
 * @throws LoginError `IDENTITY_UNEXPECTED`
 */
export function checkExpectedIdentity(
  claims: IdentityClaims,
  payload: Uint8Array,
  { identity, matchCommitter }: IdentitySettings,
): void {
  if (identity !== undefined) checkConfiguredIdentity(claims, identity);
  if (!matchCommitter) return;
  const expected = committerName(payload, claims.kind === 'email' ? 'email' : 'uri');
  if (expected === undefined || !claims.names.includes(expected)) {
    throw unexpected(
      claims,
      expected,
      `the committer is ${visible(expected ?? 'not named')} (signet.matchCommitter)`,
    );
  }
}

/** The half that needs no object: what a login beforehand is held to. @throws LoginError `IDENTITY_UNEXPECTED` */
export function checkConfiguredIdentity(claims: IdentityClaims, identity: string): void {
  if (identity === '' || claims.names.includes(identity)) return;
  throw unexpected(
    claims,
    identity,
    `this repository expects ${visible(identity)} (signet.identity)`,
  );
}

function unexpected(
  claims: IdentityClaims,
  expected: string | undefined,
  expectation: string,
): LoginError {
  const who = visible(claims.names[0] ?? claims.challenge);
  // only what a shell takes as it stands is offered for copying
  const plain = expected !== undefined && /^[\w.+@:/-]+$/.test(expected);
  const next = plain
    ? `run: git signet login --identity ${expected}`
    : 'log in with the other account, or change the setting';
  return new LoginError('IDENTITY_UNEXPECTED', `logged in as ${who}, but ${expectation}`, {
    hint: `nothing was published; ${next}`,
  });
}
