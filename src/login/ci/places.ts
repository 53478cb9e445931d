/** The places of a token that was handed over: a variable, or a file. */

import type { Settings } from '../../settings/settings.ts';

/** The file that cosign's and gitsign's `filesystem` provider reads. */
export const WELL_KNOWN_TOKEN_FILE = '/var/run/sigstore/cosign/oidc-token';

/** Returns the name of the variable that holds a token. */
export function tokenVariableOf({ tokenVariable }: Pick<Settings, 'tokenVariable'>): string {
  return tokenVariable ?? 'SIGSTORE_ID_TOKEN';
}
