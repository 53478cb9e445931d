import { describe, expect, it } from 'vitest';
import { unattendedWay } from '../../src/login/unattended.ts';

const GITHUB = {
  ACTIONS_ID_TOKEN_REQUEST_URL: 'https://token.example/?a=b',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'bearer',
};

describe('unattendedWay', () => {
  it.each<[string, Record<string, string>, object, string | undefined]>([
    ['nothing', {}, {}, undefined],
    ['a token in the environment', { SIGSTORE_ID_TOKEN: 'e' }, {}, 'SIGSTORE_ID_TOKEN'],
    ['blanks are no token', { SIGSTORE_ID_TOKEN: ' \n' }, {}, undefined],
    ['a variable of another name', { MINE: 'e' }, { tokenVariable: 'MINE' }, 'MINE'],
    ['… and only that', { SIGSTORE_ID_TOKEN: 'e' }, { tokenVariable: 'MINE' }, undefined],
    ['GitLab', { GITLAB_CI: 'true', SIGSTORE_ID_TOKEN: 'e' }, {}, 'GitLab CI (SIGSTORE_ID_TOKEN)'],
    ['a file', {}, { tokenFile: '/run/token' }, '/run/token'],
    [
      'a token handed over before the surroundings',
      { ...GITHUB, SIGSTORE_ID_TOKEN: 'e' },
      {},
      'SIGSTORE_ID_TOKEN',
    ],
    ['GitHub Actions', GITHUB, {}, 'GitHub Actions'],
    ['half of GitHub Actions', { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://x' }, {}, undefined],
    ['CircleCI', { CIRCLECI: 'true', CIRCLE_OIDC_TOKEN_V2: 'e' }, {}, 'CircleCI'],
    ['a stray CircleCI token elsewhere', { CIRCLE_OIDC_TOKEN_V2: 'e' }, {}, undefined],
    ['Buildkite', { BUILDKITE_AGENT_ACCESS_TOKEN: 't', BUILDKITE_JOB_ID: 'j' }, {}, 'Buildkite'],
    ['a Buildkite agent without a job', { BUILDKITE_AGENT_ACCESS_TOKEN: 't' }, {}, undefined],
    [
      'impersonation before the machine itself',
      { GOOGLE_SERVICE_ACCOUNT_NAME: 'a@p.iam', K_SERVICE: 's' },
      {},
      'Google service account a@p.iam',
    ],
    ['Cloud Run', { K_SERVICE: 's' }, {}, 'Google metadata server'],
    ['SPIFFE', { SPIFFE_ENDPOINT_SOCKET: 'unix:///s' }, {}, 'SPIFFE Workload API'],
    ['a provider by name', GITHUB, { tokenProvider: 'spiffe' }, 'SPIFFE Workload API'],
    [
      '… gitsign’s misspelt one',
      {},
      { tokenProvider: 'google-impersonation' },
      'Google service account',
    ],
    ['… the person', GITHUB, { tokenProvider: 'interactive' }, undefined],
    ['… an unknown one', GITHUB, { tokenProvider: 'nonsense' }, undefined],
  ])('%s', (_name, environment, settings, way) => {
    expect(unattendedWay(environment, settings)).toBe(way);
  });
});
