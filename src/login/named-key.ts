/**
 * Reads the account that a KEY names. git passes `user.signingKey`, or the argument of `-u` or `-S`, or the committer as
 * `Name <address>`. There are no keys to choose from here, so the account is compared and a difference is reported.
 */

import { visible } from '../core/escape.ts';
import { expectationWords, signerMeets } from '../core/expected-account.ts';
import { committerOf } from '../core/policy/committer.ts';
import { LoginError } from '../errors.ts';

const ADDRESS = /^[^\s<>@/]+@[^\s<>@/]+$/;
const URI = /^[a-z][a-z0-9+.-]*:\/\/\S+$/i;

/** Returns the e-mail address or URI of a key, or undefined for the committer, and for key ids, files and names. */
export function accountOfKey(key: string, payload: Uint8Array): string | undefined {
  const named = (/<([^<>]*)>\s*$/.exec(key)?.[1] ?? key).trim();
  if (!ADDRESS.test(named) && !URI.test(named)) return undefined;
  const committer = committerOf(payload);
  return named === committer?.email || named === committer?.name ? undefined : named;
}

/** Refuses a key that names another account than the expected one, before any server is asked. @throws LoginError `IDENTITY_UNEXPECTED` */
export function acceptKey(account: string, expected: string): void {
  const kind = ADDRESS.test(account) ? 'email' : 'uri';
  if (signerMeets(expected, { kind, value: account })) return;
  const what = `the key to sign with is ${visible(account)} (user.signingKey, or -u), but ${expectationWords(expected)} is expected here`;
  throw new LoginError('IDENTITY_UNEXPECTED', what, {
    hint: 'nothing was published. Name the same account in both, or: git config --unset user.signingKey',
  });
}

/** Returns the line to print if another account signed than the key names, or undefined otherwise. */
export function keyDiffers(account: string | undefined, identity: string): string | undefined {
  if (account === undefined || account === identity) return undefined;
  return `signed as ${identity}, although user.signingKey (or -u) names ${account}`;
}
