/** What the agent signs with: servers, keyring and clock. The command that starts the agent gives it, so tests need no servers. */

import type { IdentityClaims } from '../../core/identity-claims.ts';
import type { Credential, MadeSignature } from '../../signing/credential.ts';
import type { SigningWatch } from '../../signing/publication.ts';
import type { Secret } from '../../system/secret.ts';
import type { NetworkOrOwn } from '../wire/request-network.ts';

/** An identity token of a login that a client made or the agent renewed, and what renews it next time. */
export interface RenewableToken {
  readonly token: Secret;
  readonly refreshToken?: Secret | undefined;
}

export interface AgentBackend {
  /** @throws UsageError for anything but a commit, a tag, a push certificate or a statement (threat D15) */
  readonly checkPayload: (payload: Uint8Array) => void;
  /** Reads the claims of a token, and checks them on this machine. @throws LoginError */
  readonly readToken: (token: Secret) => IdentityClaims;
  /** Gets a certificate for a fresh key. `expected` is the text of an expectation. @throws LoginError, ServiceError, AnswerError */
  readonly obtain: (
    login: { readonly token: Secret; readonly claims: IdentityClaims },
    expected: string,
    network: NetworkOrOwn,
  ) => Promise<Credential>;
  /** Gets new tokens from the issuer, without a person. @throws LoginError, ServiceError */
  readonly refresh: (refreshToken: Secret, network: NetworkOrOwn) => Promise<RenewableToken>;
  /** @throws ServiceError, AnswerError, and what `watch.beforeLog` throws */
  readonly sign: (
    payload: Uint8Array,
    credential: Credential,
    network: NetworkOrOwn,
    watch?: SigningWatch,
  ) => Promise<MadeSignature>;
  /** Asks the servers that sign, without signing. @throws Unreached for the first that does not answer */
  readonly reach: (network: NetworkOrOwn) => Promise<void>;
  /** Returns true once any server has answered, by any network. */
  readonly everReached: () => boolean;
  /** Returns the refresh token that the keyring keeps for an expectation, or undefined if it keeps none. */
  readonly recall: (expected: string) => Promise<Secret | undefined>;
  /** Keeps a refresh token in the keyring, or deletes the one that is there. */
  readonly remember: (expected: string, refreshToken: Secret | undefined) => Promise<void>;
  /** Unix seconds. */
  readonly now: () => number;
}
