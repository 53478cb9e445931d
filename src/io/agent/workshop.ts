/** What the agent works with: given by the command that starts it, so that it can be tried without servers. */

import type { Credential, MadeSignature } from '../credential.ts';
import type { IdentityClaims } from '../oidc/token.ts';
import type { SigningWatch } from '../publication.ts';
import type { Secret } from '../secret.ts';

/** A login that was handed over, or renewed. */
export interface Login {
  readonly token: Secret;
  readonly refreshToken?: Secret | undefined;
}

export interface Workshop {
  /** @throws UsageError for anything but a commit or a tag (threat D15) */
  readonly checkPayload: (payload: Uint8Array) => void;
  /** The claims of a token, checked locally. @throws LoginError */
  readonly readToken: (token: Secret) => IdentityClaims;
  /** A certificate for a fresh key. `expected`: see expectation.ts. @throws LoginError, ServiceError, AnswerError */
  readonly obtain: (token: Secret, claims: IdentityClaims, expected: string) => Promise<Credential>;
  /** Another token, from the issuer, without a person. @throws LoginError, ServiceError */
  readonly refresh: (refreshToken: Secret) => Promise<Login>;
  /** @throws ServiceError, AnswerError; what `watch.beforeLog` throws */
  readonly sign: (
    payload: Uint8Array,
    credential: Credential,
    watch?: SigningWatch,
  ) => Promise<MadeSignature>;
  /** A refresh token kept for this identity where the user allowed it; undefined where there is none. */
  readonly recall: (expected: string) => Promise<Secret | undefined>;
  /** Keeps one there, or drops what is there. */
  readonly remember: (expected: string, refreshToken: Secret | undefined) => Promise<void>;
  /** Unix seconds. */
  readonly now: () => number;
}
