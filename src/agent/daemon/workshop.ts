/** What the agent works with: given by the command that starts it, so that it can be tried without servers. */

import type { IdentityClaims } from '../../core/identity-claims.ts';
import type { Credential, MadeSignature } from '../../signing/credential.ts';
import type { SigningWatch } from '../../signing/publication.ts';
import type { Secret } from '../../system/secret.ts';
import type { RequestNetwork } from '../wire/request-network.ts';

/** A login that was handed over, or renewed. */
export interface Login {
  readonly token: Secret;
  readonly refreshToken?: Secret | undefined;
}

/** What a request goes through; undefined: what the agent's own configuration says. */
export type Network = RequestNetwork | undefined;

export interface Workshop {
  /** @throws UsageError for anything but a commit or a tag (threat D15) */
  readonly checkPayload: (payload: Uint8Array) => void;
  /** The claims of a token, checked locally. @throws LoginError */
  readonly readToken: (token: Secret) => IdentityClaims;
  /** A certificate for a fresh key. `expected`: see expectation.ts. @throws LoginError, ServiceError, AnswerError */
  readonly obtain: (
    login: { readonly token: Secret; readonly claims: IdentityClaims },
    expected: string,
    network: Network,
  ) => Promise<Credential>;
  /** Another token, from the issuer, without a person. @throws LoginError, ServiceError */
  readonly refresh: (refreshToken: Secret, network: Network) => Promise<Login>;
  /** @throws ServiceError, AnswerError; what `watch.beforeLog` throws */
  readonly sign: (
    payload: Uint8Array,
    credential: Credential,
    network: Network,
    watch?: SigningWatch,
  ) => Promise<MadeSignature>;
  /** Asks the servers that sign, without signing. @throws Unreached for the first that does not answer */
  readonly reach: (network: Network) => Promise<void>;
  /** True once any server has answered, by any network. */
  readonly everReached: () => boolean;
  /** A refresh token kept for this identity where the user allowed it; undefined where there is none. */
  readonly recall: (expected: string) => Promise<Secret | undefined>;
  /** Keeps one there, or drops what is there. */
  readonly remember: (expected: string, refreshToken: Secret | undefined) => Promise<void>;
  /** Unix seconds. */
  readonly now: () => number;
}
