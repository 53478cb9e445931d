/**
 * Which source of identity tokens needs no person here: a variable, a file, a CI system, a workload's socket. Asked
 * before anything else on every signature. What only shows that a service exists on this machine (a metadata server, a
 * socket in /tmp) is no wish to sign as the machine: such a source speaks up where its variable is set, or where
 * signet.tokenProvider names it (threat O15).
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
  /** For the person, and for `IdentityToken.source`. */
  readonly label: string;
  readonly source: TokenSource;
}

/** gitsign's documents spell one of its names wrong; people have copied it. */
const ALIASES: Readonly<Record<string, SourceName>> = {
  'google-impersonation': 'google-impersonate',
};

/** The source that will be asked: the one that signet.tokenProvider names, else the first that offers itself. */
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

/** The name of the token source that needs no person, or undefined: then somebody has to log in. */
export function unattendedWay(env: Environment, settings: SourceSettings): string | undefined {
  return unattendedSource(env, settings)?.label;
}
