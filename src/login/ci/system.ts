/**
 * Which CI system this is, and what to allow so that it gives out identity tokens: said where none was offered, and
 * where its service refuses. In CI nobody is asked anything, even if there is a terminal.
 */

import type { Environment } from '../../system/environment.ts';

export interface CiSystem {
  readonly name: string;
  readonly remedy: string;
}

export const REMEDIES = {
  github:
    'allow it in the workflow: permissions: id-token: write (jobs for pull requests of forks never get it)',
  gitlab: 'give the job one in .gitlab-ci.yml: id_tokens: { SIGSTORE_ID_TOKEN: { aud: sigstore } }',
  circleci:
    'use a context in the job, so that CircleCI gives it OIDC tokens, and keep the circleci program on PATH',
  buildkite:
    'run git in a job of an agent that may ask for OIDC tokens (buildkite-agent 3.42 or later)',
} as const;

const SYSTEMS: readonly (readonly [variable: string, system: CiSystem])[] = [
  ['GITHUB_ACTIONS', { name: 'GitHub Actions', remedy: REMEDIES.github }],
  ['GITLAB_CI', { name: 'GitLab CI', remedy: REMEDIES.gitlab }],
  ['CIRCLECI', { name: 'CircleCI', remedy: REMEDIES.circleci }],
  ['BUILDKITE', { name: 'Buildkite', remedy: REMEDIES.buildkite }],
  [
    'CI',
    {
      name: 'CI',
      remedy: 'hand the job’s token over in SIGSTORE_ID_TOKEN; at a terminal of your own: unset CI',
    },
  ],
];

const OFF = ['', '0', 'false', 'no'];

/** Undefined where no variable says that this is CI. */
export function ciSystem(environment: Environment): CiSystem | undefined {
  const found = SYSTEMS.find(
    ([variable]) => !OFF.includes((environment[variable] ?? '').trim().toLowerCase()),
  );
  return found?.[1];
}
