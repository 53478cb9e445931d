/**
 * GitHub Actions' token service: a job that may (`id-token: write`) finds its address and a key to it in two
 * variables, adds the audience and gets `{"value": TOKEN}`.
 */

import { Secret } from '../../system/secret.ts';
import { type Ambient, noToken, tokenInJson, variableOf } from './ambient.ts';
import { REMEDIES } from './system.ts';

const ABOUT = {
  service: 'GitHub Actions',
  remedy: REMEDIES.github,
};

export const githubActions: Ambient = {
  ...ABOUT,
  fetch: async (request) => {
    const { environment, audience } = request;
    const url = URL.parse(variableOf(environment, 'ACTIONS_ID_TOKEN_REQUEST_URL', ABOUT));
    const key = variableOf(environment, 'ACTIONS_ID_TOKEN_REQUEST_TOKEN', ABOUT);
    if (url === null) throw noToken(ABOUT, 'ACTIONS_ID_TOKEN_REQUEST_URL is not a URL');
    url.searchParams.set('audience', audience);
    const headers = {
      accept: 'application/json; api-version=2.0',
      authorization: new Secret(`Bearer ${key}`),
    };
    return tokenInJson(ABOUT, request, { method: 'GET', url: url.href, headers }, 'value');
  },
};
