/**
 * Which source of identity tokens needs no person here: a variable, a file, a CI system, a workload's socket. Asked
 * before anything else on every signature, so it looks at the environment and at two paths, and loads nothing. What
 * only shows that a service exists on this machine (a metadata server, a socket in /tmp) is no wish to sign as the
 * machine: such a source speaks up where its variable is set, or where signet.tokenProvider names it (threat O15).
 */

import { statSync } from 'node:fs';
import type { Settings } from '../settings/settings.ts';
import type { Environment } from '../system/environment.ts';

export type UnattendedSettings = Pick<Settings, 'tokenProvider' | 'tokenVariable' | 'tokenFile'>;

/** gitsign's names for its token providers, and those that it lacks. */
export type UnattendedProvider =
  | 'envvar'
  | 'filesystem'
  | 'github-actions'
  | 'gitlab'
  | 'circleci'
  | 'buildkite-agent'
  | 'google-impersonate'
  | 'google-workload-identity'
  | 'spiffe';

export interface UnattendedSource {
  readonly provider: UnattendedProvider;
  /** For the person, and for `IdentityToken.source`. */
  readonly label: string;
}

/** Where cosign's and gitsign's `filesystem` provider reads. */
export const WELL_KNOWN_TOKEN_FILE = '/var/run/sigstore/cosign/oidc-token';

/** The variable that holds a token. */
export function tokenVariableOf({ tokenVariable }: Pick<Settings, 'tokenVariable'>): string {
  return tokenVariable ?? 'SIGSTORE_ID_TOKEN';
}

interface Source {
  readonly label: (environment: Environment, settings: UnattendedSettings) => string;
  /** True where it offers itself. */
  readonly offered: (environment: Environment, settings: UnattendedSettings) => boolean;
}

const has = (environment: Environment, ...names: readonly string[]): boolean =>
  names.every((name) => (environment[name]?.trim() ?? '') !== '');

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** In the order in which they are looked for: what somebody handed over, then what the surroundings are. */
const SOURCES: Readonly<Record<UnattendedProvider, Source>> = {
  // the same token in the same place as the next: its remedies are other ones
  gitlab: {
    label: (_environment, settings) => `GitLab CI (${tokenVariableOf(settings)})`,
    offered: (environment, settings) => has(environment, 'GITLAB_CI', tokenVariableOf(settings)),
  },
  envvar: {
    label: (_environment, settings) => tokenVariableOf(settings),
    offered: (environment, settings) => has(environment, tokenVariableOf(settings)),
  },
  filesystem: {
    label: (_environment, { tokenFile }) => tokenFile ?? WELL_KNOWN_TOKEN_FILE,
    offered: (_environment, { tokenFile }) =>
      tokenFile !== undefined || isFile(WELL_KNOWN_TOKEN_FILE),
  },
  'github-actions': {
    label: () => 'GitHub Actions',
    offered: (environment) =>
      has(environment, 'ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'),
  },
  circleci: {
    label: () => 'CircleCI',
    offered: (environment) =>
      has(environment, 'CIRCLECI') &&
      (has(environment, 'CIRCLE_OIDC_TOKEN_V2') || has(environment, 'CIRCLE_OIDC_TOKEN')),
  },
  'buildkite-agent': {
    label: () => 'Buildkite',
    offered: (environment) => has(environment, 'BUILDKITE_AGENT_ACCESS_TOKEN', 'BUILDKITE_JOB_ID'),
  },
  'google-impersonate': {
    label: ({ GOOGLE_SERVICE_ACCOUNT_NAME: name }) => `Google service account ${name ?? ''}`.trim(),
    offered: (environment) => has(environment, 'GOOGLE_SERVICE_ACCOUNT_NAME'),
  },
  'google-workload-identity': {
    label: () => 'Google metadata server',
    offered: (environment) =>
      ['GCE_METADATA_HOST', 'K_SERVICE', 'CLOUD_RUN_JOB'].some((name) => has(environment, name)),
  },
  spiffe: {
    label: () => 'SPIFFE Workload API',
    offered: (environment) => has(environment, 'SPIFFE_ENDPOINT_SOCKET'),
  },
};

export const UNATTENDED_PROVIDERS = Object.keys(SOURCES) as readonly UnattendedProvider[];

/** gitsign's documents spell one of its names wrong; people have copied it. */
const ALIASES: Readonly<Record<string, UnattendedProvider>> = {
  'google-impersonation': 'google-impersonate',
};

/** The source that will be asked: the one that signet.tokenProvider names, else the first that offers itself. */
export function unattendedSource(
  environment: Environment,
  settings: UnattendedSettings,
): UnattendedSource | undefined {
  const named = settings.tokenProvider ?? '';
  const provider =
    named === ''
      ? UNATTENDED_PROVIDERS.find((each) => SOURCES[each].offered(environment, settings))
      : (ALIASES[named] ?? UNATTENDED_PROVIDERS.find((each) => each === named));
  if (provider === undefined) return undefined;
  return { provider, label: SOURCES[provider].label(environment, settings) };
}

/** The name of the token source that needs no person, or undefined: then somebody has to log in. */
export function unattendedWay(
  environment: Environment,
  settings: UnattendedSettings,
): string | undefined {
  return unattendedSource(environment, settings)?.label;
}
