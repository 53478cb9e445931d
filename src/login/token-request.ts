/** What every way to an identity token is asked with, and gives. */

import type { Person } from '../core/git/person.ts';
import type { IdentityClaims } from '../core/identity-claims.ts';
import type { HttpSend } from '../http/message.ts';
import type { Settings } from '../settings/settings.ts';
import type { Environment } from '../system/environment.ts';
import type { Secret } from '../system/secret.ts';
import type { Terminal } from '../system/terminal.ts';
import type { SigningContext } from './browser/page.ts';

export interface TokenRequest {
  readonly settings: Settings;
  readonly issuerUrl: string;
  readonly env: Environment;
  readonly terminal: Terminal;
  readonly send: HttpSend;
  /** Unix seconds. */
  readonly now: () => number;
  readonly context: SigningContext;
  /** The account that is expected, where one is: asked for at the issuer; `accept` decides. */
  readonly expected?: string | undefined;
  /** Who the object says made it, or git would say: an account of that address is no stranger. */
  readonly committer?: Person | undefined;
  /** False where a refresh token would be of no use; else one is asked for where the issuer gives any. */
  readonly renewable?: boolean;
  /** A token that somebody handed over (`--token-stdin`). */
  readonly given?: Secret | undefined;
  /** Refuses an account that must not sign here, before anything is asked of the CA. @throws LoginError */
  readonly accept: (claims: IdentityClaims) => void;
}

export interface IdentityToken {
  readonly token: Secret;
  readonly claims: IdentityClaims;
  /** For the next time without a person, where the issuer gave one. */
  readonly refreshToken?: Secret | undefined;
  /** Where it is from: `browser`, `refresh token`, `SIGSTORE_ID_TOKEN`, `GitHub Actions`. */
  readonly source: string;
  /** True when a person has just logged in. */
  readonly fresh: boolean;
  /** True when the person was told, before logging in, what becomes public. */
  readonly told?: boolean;
  /** True once somebody else may have had a hand in the login: the terminal has to confirm the account. */
  readonly disputed?: () => boolean;
  /** Settles when nothing of the login is left: the last page was fetched, nobody listens. */
  readonly finished: Promise<void>;
}
