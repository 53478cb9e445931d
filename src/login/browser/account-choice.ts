/**
 * Remembers that a login gave the wrong account. The next login then asks the issuer to let the user choose, because an
 * issuer that remembers the account would give the same one again.
 */

import { createHash } from 'node:crypto';
import { type Mark, markNamed } from '../../system/state-directory.ts';
import type { TokenRequest } from '../token-request.ts';

/** Returns the mark for this issuer and the account that is expected there. A wrong login sets it, and the right one clears it. */
export function wrongAccountMark({
  settings,
  env,
  expected = settings.identity ?? '',
  issuerUrl,
}: Pick<TokenRequest, 'settings' | 'env' | 'expected' | 'issuerUrl'>): Mark {
  const name = createHash('sha256').update(`${issuerUrl}\n${expected}`).digest('hex');
  return markNamed(`wrong-account-${name}`, env);
}
