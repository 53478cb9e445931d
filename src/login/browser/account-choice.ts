/**
 * Whether the issuer is to ask which account: it does after a login with the wrong one, because an issuer that
 * remembers somebody would give the same answer again.
 */

import { createHash } from 'node:crypto';
import { type Mark, markNamed } from '../../system/state-directory.ts';
import type { TokenRequest } from '../token-request.ts';

/** A mark for this issuer and the account expected there, if any: set by a wrong login, cleared by the right one. */
export function wrongAccountMark({
  settings,
  env,
  expected = settings.identity ?? '',
  issuerUrl,
}: Pick<TokenRequest, 'settings' | 'env' | 'expected' | 'issuerUrl'>): Mark {
  const name = createHash('sha256').update(`${issuerUrl}\n${expected}`).digest('hex');
  return markNamed(`wrong-account-${name}`, env);
}
