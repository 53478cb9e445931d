/** Asks Buildkite's agent API for the running job's token, with the agent's key (POST /jobs/ID/oidc/tokens). */

import { Secret } from '../../system/secret.ts';
import { type AmbientRequest, tokenInJson, variableOf } from './ambient.ts';

const ENDPOINT = 'https://agent.buildkite.com/v3';

export async function fetchToken(request: AmbientRequest): Promise<Secret> {
  const { env, audience } = request;
  const key = variableOf(request, 'BUILDKITE_AGENT_ACCESS_TOKEN');
  const job = variableOf(request, 'BUILDKITE_JOB_ID');
  const endpoint = (env['BUILDKITE_AGENT_ENDPOINT'] || ENDPOINT).replace(/\/+$/, '');
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
  return tokenInJson(request, question, 'token');
}
