/**
 * A token that needs no person: asked of the source that the surroundings offer, judged here before anybody else
 * sees it, and said in one line with its source, so that a stray variable never signs in silence (threat O15).
 */

import { isSignetError, LoginError } from '../../errors.ts';
import type { Secret } from '../secret.ts';
import type { Ambient } from './ci/ambient.ts';
import type { IdentityToken, TokenRequest } from './identity-token.ts';
import { type IdentityClaims, readIdentityToken } from './token.ts';
import type { UnattendedProvider, UnattendedSource } from './unattended.ts';

/** Each source is loaded when it is asked. */
const SOURCES: Readonly<Record<UnattendedProvider, () => Promise<Ambient>>> = {
  envvar: async () => (await import('./ci/variable.ts')).tokenVariable,
  gitlab: async () => (await import('./ci/variable.ts')).gitlab,
  filesystem: async () => (await import('./ci/file.ts')).tokenFile,
  'github-actions': async () => (await import('./ci/github-actions.ts')).githubActions,
  circleci: async () => (await import('./ci/circleci.ts')).circleci,
  'buildkite-agent': async () => (await import('./ci/buildkite.ts')).buildkite,
  'google-impersonate': async () => (await import('./ci/google.ts')).googleImpersonation,
  'google-workload-identity': async () => (await import('./ci/google.ts')).googleMetadata,
  spiffe: async () => (await import('./ci/spiffe.ts')).spiffe,
};

/** Milliseconds after which a person is told what is being waited for. */
const SILENCE = 2000;

/** @throws LoginError */
export async function ambientIdentity(
  request: TokenRequest,
  { provider, label }: UnattendedSource,
): Promise<IdentityToken> {
  const source = await SOURCES[provider]();
  const { environment, settings, send, terminal } = request;
  const waiting = setTimeout(
    () => terminal.say(`waiting for an identity token from ${label}`),
    SILENCE,
  );
  try {
    const token = await source.fetch({ environment, settings, send, audience: settings.clientId });
    // a variable or file was put there by somebody, who is held to the issuer that is configured by name; a CI
    // system is its own issuer, whatever people log in with
    const handed = ['envvar', 'gitlab', 'filesystem'].includes(provider);
    return acceptGiven(request, token, {
      source: label,
      remedy: source.remedy,
      ...(handed && settings.issuer !== undefined ? { issuer: settings.issuer } : {}),
    });
  } finally {
    clearTimeout(waiting);
  }
}

export interface Given {
  readonly source: string;
  readonly remedy?: string;
  readonly issuer?: string;
}

/** Judges a token that was not made for this login, and says whose it is. @throws LoginError */
export function acceptGiven(
  { settings, now, terminal, accept }: TokenRequest,
  token: Secret,
  { source, remedy, issuer }: Given,
): IdentityToken {
  let claims: IdentityClaims;
  try {
    const { clientId } = settings;
    claims = readIdentityToken(token, { clientId, issuer, ownRequest: false, now: now() });
  } catch (error) {
    if (!isSignetError(error)) throw error;
    throw new LoginError(error.code, `${source}: ${error.message}`, {
      hint: error.hint ?? remedy,
    });
  }
  accept(claims);
  terminal.say(`identity from ${source}: ${claims.names[0] ?? claims.challenge}`);
  return { token, claims, source, fresh: false, finished: Promise.resolve() };
}
