/**
 * A login renewed without a person. Where the issuer rotates refresh tokens (RFC 9700 §4.14.2) each serves once, and one
 * that comes a second time ends the login: so what an issuer gave is kept before anything else can fail.
 */

import { isSignetError } from '../../errors.ts';
import type { Secret } from '../../system/secret.ts';
import type { Login, Network, Workshop } from './workshop.ts';

export interface Renewing {
  /** The token at hand; else one that is kept is tried. */
  readonly token: Secret | undefined;
  readonly refresh: (token: Secret) => Promise<Login>;
  readonly recall: () => Promise<Secret | undefined>;
  /** Keeps this one from now on, or drops what is kept. */
  readonly keep: (token: Secret | undefined) => Promise<void>;
  /** True once somebody logged in or out meanwhile: theirs is not to be touched. */
  readonly overtaken: () => boolean;
}

/**
 * What a login is renewed through. A network that the person's own configuration names may see any login of theirs; one
 * that a repository names sees none but its own (threat D21). `login`: what the login came through.
 */
export function renewalNetwork(login: Network, asked: Network): Network {
  return asked === undefined || asked.ofRepository ? login : asked;
}

/** What says that a person has to log in again, not that somebody could not be reached. */
export function isLoginRefusal(error: unknown): boolean {
  return isSignetError(error) && error.exitCode === 4;
}

/** Another token, and what renews it next time; undefined where none is left that the issuer takes. @throws ServiceError */
export async function renewedLogin(renewing: Renewing): Promise<Required<Login> | undefined> {
  const { refresh, recall, keep, overtaken } = renewing;
  let token = renewing.token ?? (await recall());
  for (let attempt = 0; attempt < 2 && token !== undefined; attempt += 1) {
    const spent = token.reveal();
    try {
      const login = await refresh(token);
      // issuers that do not rotate it give none back
      const refreshToken = login.refreshToken ?? token;
      if (login.refreshToken !== undefined && !overtaken()) await keep(refreshToken);
      return { token: login.token, refreshToken };
    } catch (error) {
      if (!isLoginRefusal(error)) throw error;
    }
    if (overtaken()) return undefined;
    const kept = await recall();
    if (kept?.reveal() === spent) {
      if (!overtaken()) await keep(undefined);
      return undefined;
    }
    // another agent with the same login was quicker
    token = kept;
  }
  return undefined;
}

/** The same, but one after the other for each key: of two that come together the later one stays. */
export function inOrder(remember: Workshop['remember']): Workshop['remember'] {
  const last = new Map<string, Promise<void>>();
  return (key, token) => {
    const next = (last.get(key) ?? Promise.resolve()).then(() => remember(key, token));
    last.set(key, next);
    return next.finally(() => {
      if (last.get(key) === next) last.delete(key);
    });
  };
}
