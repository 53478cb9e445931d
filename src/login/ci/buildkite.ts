/** Buildkite's agent API: a running job asks for its token with the agent's key (POST /jobs/ID/oidc/tokens). */

import { Secret } from '../../system/secret.ts';
import { type Ambient, tokenInJson, variableOf } from './ambient.ts';
import { REMEDIES } from './system.ts';

const ABOUT = {
  service: 'Buildkite',
  remedy: REMEDIES.buildkite,
};
const ENDPOINT = 'https://agent.buildkite.com/v3';

export const buildkite: Ambient = {
  ...ABOUT,
  fetch: async (request) => {
    const { environment, audience } = request;
    const key = variableOf(environment, 'BUILDKITE_AGENT_ACCESS_TOKEN', ABOUT);
    const job = variableOf(environment, 'BUILDKITE_JOB_ID', ABOUT);
    const endpoint = (environment['BUILDKITE_AGENT_ENDPOINT'] || ENDPOINT).replace(/\/+$/, '');
    const question = {
      method: 'POST',
      url: `${endpoint}/jobs/${encodeURIComponent(job)}/oidc/tokens`,
      headers: {
        authorization: new Secret(`Token ${key}`),
        'content-type': 'application/json',
        accept: 'application/json',
      },
      body: JSON.stringify({ audience }),
    } as const;
    return tokenInJson(ABOUT, request, question, 'token');
  },
};
