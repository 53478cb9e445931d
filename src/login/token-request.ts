/** The types of every way to an identity token: the request and the result. */

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
  /** The expected account, which the issuer should offer. `accept` decides. */
  readonly expected?: string | undefined;
  /** The committer of the object, or of git's configuration. An account with that address counts as expected. */
  readonly committer?: Person | undefined;
  /** False if no refresh token is wanted. By default one is requested if the issuer gives any. */
  readonly renewable?: boolean;
  /** A token that the user gave (`--token-stdin`). */
  readonly given?: Secret | undefined;
  /** Refuses an account that must not sign here, before the CA is asked. @throws LoginError */
  readonly accept: (claims: IdentityClaims) => void;
}

export interface IdentityToken {
  readonly token: Secret;
  readonly claims: IdentityClaims;
  /** The refresh token, if the issuer gave one. */
  readonly refreshToken?: Secret | undefined;
  /** The source: `browser`, `refresh token`, `SIGSTORE_ID_TOKEN`, `GitHub Actions`. */
  readonly source: string;
  /** True if the user has just logged in. */
  readonly fresh: boolean;
  /** True if the user was told before the login what becomes public. */
  readonly told?: boolean;
  /** True if another user may have interfered, so that the user must confirm the account. */
  readonly disputed?: () => boolean;
  /** Resolves when the login is over: the last page was fetched, and the listener is closed. */
  readonly finished: Promise<void>;
}
