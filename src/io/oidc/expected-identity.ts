/**
 * Whether the account that logged in is the one that this repository expects (threat O13). Asked before the CA is:
 * a certificate for the wrong account would be public for ever.
 */

import { fromUtf8Lossy } from '../../core/bytes.ts';
import { visible } from '../../core/escape.ts';
import { objectHeaders, payloadType } from '../../core/git/object.ts';
import { LoginError } from '../../errors.ts';
import type { Settings } from '../config.ts';
import type { IdentityClaims } from './token.ts';

export interface Person {
  readonly name: string;
  readonly email: string;
}

/** Who the object says made it: a commit's committer, a tag's tagger; undefined when it names nobody. */
export function committerOf(payload: Uint8Array): Person | undefined {
  const header = payloadType(payload) === 'tag' ? 'tagger' : 'committer';
  const found = objectHeaders(payload).find(([name]) => name === header);
  const match = /^(.*?) ?<([^<>]*)> \d+ [+-]\d{4}$/.exec(
    found === undefined ? '' : fromUtf8Lossy(found[1]),
  );
  return match === null ? undefined : { name: match[1] ?? '', email: match[2] ?? '' };
}

/**
 * Compares the account with `signet.identity`, and with the committer where `matchCommitter` asks for it: the
 * e-mail address, or for workloads the committer's name (gitsign's rule). Text is compared byte for byte.
 * @throws LoginError `IDENTITY_UNEXPECTED`
 */
export function checkExpectedIdentity(
  claims: IdentityClaims,
  payload: Uint8Array,
  settings: Pick<Settings, 'identity' | 'matchCommitter'>,
): void {
  const { identity, matchCommitter } = settings;
  const account = claims.names[0] ?? claims.challenge;
  if (identity !== undefined && identity !== '' && !claims.names.includes(identity)) {
    throw unexpected(account, `this repository expects ${visible(identity)} (signet.identity)`);
  }
  if (!matchCommitter) return;
  const committer = committerOf(payload);
  const expected = claims.kind === 'email' ? committer?.email : committer?.name;
  if (expected === undefined || !claims.names.includes(expected)) {
    throw unexpected(
      account,
      `the committer is ${visible(expected ?? 'not named')} (signet.matchCommitter)`,
    );
  }
}

function unexpected(account: string, expectation: string): LoginError {
  return new LoginError(
    'IDENTITY_UNEXPECTED',
    `logged in as ${visible(account)}, but ${expectation}`,
    { hint: 'nothing was published; log in with the other account, or change the setting' },
  );
}
