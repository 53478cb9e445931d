/**
 * When a certificate has to be renewed, and how refresh tokens do it. Where the issuer rotates them (RFC 9700 §4.14.2) each one serves once, and one that comes a second time
 * ends the login. So the agent keeps a new one before anything else can fail.
 */

import { isSignetError } from '../../errors.ts';
import type { Credential } from '../../signing/credential.ts';
import type { Secret } from '../../system/secret.ts';
import type { NetworkOrOwn } from '../wire/request-network.ts';
import type { AgentBackend, RenewableToken } from './backend.ts';

/** A credential with the time at which its life here began. The dates in it are by the clock of the CA. */
export interface TimedCredential extends Credential {
  /** Unix seconds on this machine's clock. */
  readonly since: number;
  /** Milliseconds on the clock that cannot be set, and that stops in sleep. */
  readonly started: number;
}

const MAX_MARGIN = 60;
/** Clocks are corrected by this much, in seconds, without meaning anything. */
const CLOCK_STEP = 5;

/** Seconds of a certificate's life. Only the difference of its dates counts, because its clock is the CA's. */
function lifetime({ certificate }: Credential): number {
  return certificate.notAfter - certificate.notBefore;
}

/** Seconds before the end in which a certificate does not serve any more: a signature takes time until it is logged. */
export function marginOf(credential: Credential): number {
  return Math.min(MAX_MARGIN, lifetime(credential) / 5);
}

/**
 * Returns the seconds that a certificate has left, by the clock that says less: one may have been set back, the other
 * stops in sleep. Negative at the end, and after a clock was set back to before the start.
 */
export function remaining(credential: TimedCredential, now: number): number {
  const { since, started } = credential;
  if (now < since - CLOCK_STEP) return -1;
  const elapsed = Math.max(now - since, (performance.now() - started) / 1000);
  return lifetime(credential) - elapsed;
}

interface Renewing {
  /** The token in memory. Without one, the token in the keyring is tried. */
  readonly token: Secret | undefined;
  readonly refresh: (token: Secret) => Promise<RenewableToken>;
  readonly recall: () => Promise<Secret | undefined>;
  /** Keeps this token from now on, or deletes the one that is kept. Does nothing once the renewal is overtaken. */
  readonly keep: (token: Secret | undefined) => Promise<void>;
  /** Returns true once a login or logout has come in between. Its tokens must not be touched. */
  readonly overtaken: () => boolean;
}

/**
 * Returns the network that a login is renewed through. A network of the user's own configuration may carry any login. A
 * network that a repository names carries only the logins that came through it (threat D21).
 */
export function renewalNetwork(ofLogin: NetworkOrOwn, asked: NetworkOrOwn): NetworkOrOwn {
  return asked === undefined || asked.ofRepository ? ofLogin : asked;
}

/** Returns true for an error that a new login can mend. A server that does not answer is none. */
export function isLoginRefusal(error: unknown): boolean {
  return isSignetError(error) && error.kind === 'login';
}

/** Returns new tokens, or undefined if the issuer takes none of those that are left. @throws ServiceError */
export async function renewedLogin(
  renewing: Renewing,
): Promise<Required<RenewableToken> | undefined> {
  const { refresh, recall, keep, overtaken } = renewing;
  let token = renewing.token ?? (await recall());
  for (let attempt = 0; attempt < 2 && token !== undefined; attempt += 1) {
    const spent = token.reveal();
    try {
      const login = await refresh(token);
      // an issuer that does not rotate gives no new one
      const refreshToken = login.refreshToken ?? token;
      if (login.refreshToken !== undefined) await keep(refreshToken);
      return { token: login.token, refreshToken };
    } catch (error) {
      if (!isLoginRefusal(error)) throw error;
    }
    if (overtaken()) return undefined;
    const kept = await recall();
    if (kept?.reveal() === spent) {
      await keep(undefined);
      return undefined;
    }
    // another agent with the same login has rotated the token meanwhile
    token = kept;
  }
  return undefined;
}

/** Returns a `remember` that works in order for each expectation: of two calls the later one holds. */
export function inOrder(remember: AgentBackend['remember']): AgentBackend['remember'] {
  const last = new Map<string, Promise<void>>();
  return (expected, token) => {
    const next = (last.get(expected) ?? Promise.resolve()).then(() => remember(expected, token));
    last.set(expected, next);
    return next.finally(() => {
      if (last.get(expected) === next) last.delete(expected);
    });
  };
}
