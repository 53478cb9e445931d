/**
 * Asks GitHub Actions' token service. A job with the permission `id-token: write` finds the address and a key in two
 * variables. The answer is `{"value": TOKEN}`.
 */

import { Secret } from '../../system/secret.ts';
import { type AmbientRequest, noToken, tokenInJson, variableOf } from './ambient.ts';

export async function fetchToken(request: AmbientRequest): Promise<Secret> {
  const url = URL.parse(variableOf(request, 'ACTIONS_ID_TOKEN_REQUEST_URL'));
  const key = variableOf(request, 'ACTIONS_ID_TOKEN_REQUEST_TOKEN');
  if (url === null) throw noToken(request.source, 'ACTIONS_ID_TOKEN_REQUEST_URL is not a URL');
  url.searchParams.set('audience', request.audience);
  const headers = {
    accept: 'application/json; api-version=2.0',
    authorization: new Secret(`Bearer ${key}`),
  };
  return tokenInJson(request, { method: 'GET', url: url.href, headers }, 'value');
}
