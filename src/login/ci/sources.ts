/**
 * The table of sources of identity tokens that need no person. A new source is a row here and a file of its own. Every
 * signature reads this table, so it looks only at the environment and one path. A source's file is loaded on use.
 */

import { statSync } from 'node:fs';
import type { Settings } from '../../settings/settings.ts';
import type { Environment } from '../../system/environment.ts';
import type { Secret } from '../../system/secret.ts';
import type { AmbientRequest, SourceWords } from './ambient.ts';
import { tokenVariableOf, WELL_KNOWN_TOKEN_FILE } from './places.ts';

export type SourceSettings = Pick<Settings, 'tokenProvider' | 'tokenVariable' | 'tokenFile'>;

export interface TokenSource extends SourceWords {
  /** The source's name for the user, by default `service`. */
  readonly label?: (env: Environment, settings: SourceSettings) => string;
  /** Returns whether the source is there. */
  readonly offered: (env: Environment, settings: SourceSettings) => boolean;
  /** True if the token itself was put here, and no service is asked. The configured issuer must have made it. */
  readonly handed?: true;
  /** The variable that this CI system sets in each job. */
  readonly job?: string;
  /** Fetches a token, which is not checked yet. @throws LoginError, ServiceError if the service is down */
  readonly fetch: (request: AmbientRequest) => Promise<Secret>;
}

const has = (env: Environment, ...names: readonly string[]): boolean =>
  names.every((name) => (env[name]?.trim() ?? '') !== '');

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

const variable: TokenSource['fetch'] = async (request) =>
  (await import('./variable.ts')).fetchToken(request);

const METADATA: SourceWords = {
  service: 'Google metadata server',
  remedy: 'attach a service account to this machine, or set signet.tokenProvider to another source',
};

/** The sources by gitsign's names for its token providers, in order. A token that was handed over comes first. */
export const SOURCES = {
  // the same variable as the next row, but with another remedy
  gitlab: {
    service: 'GitLab CI',
    remedy:
      'add a token to the job in .gitlab-ci.yml: id_tokens: { SIGSTORE_ID_TOKEN: { aud: sigstore } }',
    label: (_environment, settings) => `GitLab CI (${tokenVariableOf(settings)})`,
    offered: (env, settings) => has(env, 'GITLAB_CI', tokenVariableOf(settings)),
    handed: true,
    job: 'GITLAB_CI',
    fetch: variable,
  },
  envvar: {
    service: 'the environment',
    remedy: 'take a fresh token, or unset the variable to log in yourself',
    label: (_environment, settings) => tokenVariableOf(settings),
    offered: (env, settings) => has(env, tokenVariableOf(settings)),
    handed: true,
    fetch: variable,
  },
  filesystem: {
    service: 'the token file',
    remedy: 'write a fresh token there, or change signet.tokenFile',
    label: (_environment, { tokenFile }) => tokenFile ?? WELL_KNOWN_TOKEN_FILE,
    offered: (_environment, { tokenFile }) =>
      tokenFile !== undefined || isFile(WELL_KNOWN_TOKEN_FILE),
    handed: true,
    fetch: async (request) => (await import('./file.ts')).fetchToken(request),
  },
  'github-actions': {
    service: 'GitHub Actions',
    remedy:
      'allow it in the workflow: permissions: id-token: write (jobs for pull requests of forks never get it)',
    offered: (env) => has(env, 'ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'),
    job: 'GITHUB_ACTIONS',
    fetch: async (request) => (await import('./github-actions.ts')).fetchToken(request),
  },
  circleci: {
    service: 'CircleCI',
    remedy:
      'use a context in the job, so that CircleCI gives it OIDC tokens, and keep the circleci program on PATH',
    offered: (env) =>
      has(env, 'CIRCLECI') && (has(env, 'CIRCLE_OIDC_TOKEN_V2') || has(env, 'CIRCLE_OIDC_TOKEN')),
    job: 'CIRCLECI',
    fetch: async (request) => (await import('./circleci.ts')).fetchToken(request),
  },
  'buildkite-agent': {
    service: 'Buildkite',
    remedy:
      'run git in a job of an agent that may ask for OIDC tokens (buildkite-agent 3.42 or later)',
    offered: (env) => has(env, 'BUILDKITE_AGENT_ACCESS_TOKEN', 'BUILDKITE_JOB_ID'),
    job: 'BUILDKITE',
    fetch: async (request) => (await import('./buildkite.ts')).fetchToken(request),
  },
  'google-impersonate': {
    service: 'Google IAM',
    remedy:
      'let this machine’s service account act as it: roles/iam.serviceAccountOpenIdTokenCreator on GOOGLE_SERVICE_ACCOUNT_NAME',
    label: ({ GOOGLE_SERVICE_ACCOUNT_NAME: name }) => `Google service account ${name ?? ''}`.trim(),
    offered: (env) => has(env, 'GOOGLE_SERVICE_ACCOUNT_NAME'),
    fetch: async (request) => (await import('./google.ts')).fetchOther(request, METADATA),
  },
  'google-workload-identity': {
    ...METADATA,
    offered: (env) =>
      ['GCE_METADATA_HOST', 'K_SERVICE', 'CLOUD_RUN_JOB'].some((name) => has(env, name)),
    fetch: async (request) => (await import('./google.ts')).fetchToken(request),
  },
  spiffe: {
    service: 'SPIFFE Workload API',
    remedy: 'register this workload with the SPIFFE server, and set SPIFFE_ENDPOINT_SOCKET',
    offered: (env) => has(env, 'SPIFFE_ENDPOINT_SOCKET'),
    fetch: async (request) => (await import('./spiffe.ts')).fetchToken(request),
  },
} as const satisfies Readonly<Record<string, TokenSource>>;

export type SourceName = keyof typeof SOURCES;
export const SOURCE_NAMES = Object.keys(SOURCES) as readonly SourceName[];

/** A CI system, and what to allow so that its jobs get tokens. */
export interface CiSystem {
  readonly name: string;
  readonly remedy: string;
}

const OFF = ['', '0', 'false', 'no'];

/** Returns the CI system that this is, or undefined if no variable says so. In CI no question is asked, even at a terminal. */
export function ciSystem(env: Environment): CiSystem | undefined {
  const set = (name: string): boolean => !OFF.includes((env[name] ?? '').trim().toLowerCase());
  const rows: readonly TokenSource[] = Object.values(SOURCES);
  const found = rows.find(({ job }) => job !== undefined && set(job));
  if (found !== undefined) return { name: found.service, remedy: found.remedy };
  const remedy =
    'put the job’s token into SIGSTORE_ID_TOKEN. If this is your own terminal: unset CI';
  return set('CI') ? { name: 'CI', remedy } : undefined;
}
