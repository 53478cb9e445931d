/**
 * Finds the source of identity tokens that needs no person: a variable, a file, a CI system or a workload's socket. Every
 * signature looks here first. A metadata server, or a socket in /tmp, may exist on a machine whose user does not want to
 * sign as the machine. So it counts only if its variable is set, or if signet.tokenProvider names it (threat O15).
 */

import type { Environment } from '../system/environment.ts';
import {
  SOURCE_NAMES,
  SOURCES,
  type SourceName,
  type SourceSettings,
  type TokenSource,
} from './ci/sources.ts';

export interface UnattendedSource {
  readonly provider: SourceName;
  /** The name for the user, and for `IdentityToken.source`. */
  readonly label: string;
  readonly source: TokenSource;
}

/** A name that gitsign's documents misspell, and that users have copied. */
const ALIASES: Readonly<Record<string, SourceName>> = {
  'google-impersonation': 'google-impersonate',
};

/** Returns the source that signet.tokenProvider names, or the first that is there. */
export function unattendedSource(
  env: Environment,
  settings: SourceSettings,
): UnattendedSource | undefined {
  const named = settings.tokenProvider ?? '';
  const provider =
    named === ''
      ? SOURCE_NAMES.find((each) => SOURCES[each].offered(env, settings))
      : (ALIASES[named] ?? SOURCE_NAMES.find((each) => each === named));
  if (provider === undefined) return undefined;
  const source: TokenSource = SOURCES[provider];
  return { provider, label: source.label?.(env, settings) ?? source.service, source };
}

/** Returns the name of that source, or undefined if the user must log in. */
export function unattendedWay(env: Environment, settings: SourceSettings): string | undefined {
  return unattendedSource(env, settings)?.label;
}
