/**
 * Obtains an identity token in Google Cloud: that of this machine's service account from the metadata server, or that of
 * another account that this machine's account may act as (IAM Credentials API, generateIdToken). The metadata server
 * speaks plain http on a link-local address, and a header identifies it (cloud.google.com/compute/docs/metadata).
 */

import { fromUtf8 } from '../../core/bytes.ts';
import type { HttpAnswer } from '../../http/message.ts';
import { Secret } from '../../system/secret.ts';
import {
  type AmbientRequest,
  askSource,
  noToken,
  type SourceWords,
  tokenInJson,
  variableOf,
} from './ambient.ts';

const IAM_URL = 'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts';

/** The names and addresses of the metadata server. Requests to them never leave the host of this machine. */
const METADATA_HOSTS = /^(?:metadata\.google\.internal\.?|169\.254\.169\.254|\[fd20:ce::254\])$/;

function metadataUrl({ env, source }: AmbientRequest, path: string): URL {
  const host = env['GCE_METADATA_HOST']?.trim() || 'metadata.google.internal';
  const url = URL.parse(
    `http://${host}/computeMetadata/v1/instance/service-accounts/default/${path}`,
  );
  if (url === null || url.pathname.startsWith('/computeMetadata/') === false) {
    throw noToken(source, 'GCE_METADATA_HOST is not a host');
  }
  return url;
}

async function askMetadata(request: AmbientRequest, path: string): Promise<HttpAnswer> {
  const url = metadataUrl(request, path);
  const answer = await askSource(request, {
    method: 'GET',
    url: url.href,
    headers: { 'metadata-flavor': 'Google' },
    plainHost: METADATA_HOSTS.test(url.hostname) ? url.hostname : undefined,
  });
  if (answer.headers['metadata-flavor'] !== 'Google') {
    throw noToken(request.source, `${url.host} is not a metadata server`);
  }
  return answer;
}

/** Fetches the token of this machine's own account. */
export async function fetchToken(request: AmbientRequest): Promise<Secret> {
  const query = new URLSearchParams({ audience: request.audience, format: 'full' });
  const answer = await askMetadata(request, `identity?${query}`);
  const token = fromUtf8(answer.body)?.trim() ?? '';
  if (token === '') throw noToken(request.source, 'its answer is empty');
  return new Secret(token);
}

/** Fetches the access token of this machine's own account. */
async function accessToken(request: AmbientRequest): Promise<string> {
  const answer = await askMetadata(request, 'token');
  let token: unknown;
  try {
    token = (JSON.parse(fromUtf8(answer.body) ?? '') as { access_token?: unknown } | null)
      ?.access_token;
  } catch {
    // reported below, without the text
  }
  if (typeof token !== 'string') throw noToken(request.source, 'its answer holds no access_token');
  return token;
}

/** Fetches the token of another account. `metadata` names the metadata server in messages. */
export async function fetchOther(request: AmbientRequest, metadata: SourceWords): Promise<Secret> {
  const account = variableOf(request, 'GOOGLE_SERVICE_ACCOUNT_NAME');
  const access = await accessToken({ ...request, source: metadata });
  const question = {
    method: 'POST',
    url: `${IAM_URL}/${encodeURIComponent(account)}:generateIdToken`,
    headers: {
      authorization: new Secret(`Bearer ${access}`),
      'content-type': 'application/json',
    },
    body: JSON.stringify({ audience: request.audience, includeEmail: true }),
  } as const;
  return tokenInJson(request, question, 'token');
}
