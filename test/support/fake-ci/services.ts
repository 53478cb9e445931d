/**
 * The services that CI systems and clouds give identity tokens by: GitHub's token service, Buildkite's agent API,
 * Google's metadata server and IAM Credentials API. Each demands what the real one demands, and mints with `mint`.
 */

import { type FakeService, type Reply, startService } from './http-service.ts';

/** Makes a token for an audience. */
export type Mint = (audience: string) => Promise<string>;

const refusal = (message: string, status = 403): Reply => ({
  status,
  body: JSON.stringify({ message }),
});

/** GET with `audience`, bearer key, on an address that has a query of its own. */
export function startGitHub(mint: Mint, key: string): Promise<FakeService> {
  return startService(async ({ method, url, headers }) => {
    if (method !== 'GET' || url.pathname !== '/idtoken/job') return refusal('no such address', 404);
    if (url.searchParams.get('api-version') !== '2.0') return refusal('the query was lost');
    // RFC 9110 §11.1: the scheme's letters may be of any size
    if (headers.authorization?.replace(/^bearer /i, '') !== key) return refusal('bad key', 401);
    const value = await mint(url.searchParams.get('audience') ?? '');
    return { body: JSON.stringify({ count: value.length, value }) };
  });
}

/** POST /v3/jobs/ID/oidc/tokens with the agent's token. */
export function startBuildkite(mint: Mint, key: string, job: string): Promise<FakeService> {
  return startService(async ({ method, url, headers, body }) => {
    if (method !== 'POST' || url.pathname !== `/v3/jobs/${job}/oidc/tokens`)
      return refusal('no such job', 404);
    if (headers.authorization !== `Token ${key}`) return refusal('bad key', 401);
    const { audience } = JSON.parse(body) as { audience: string };
    return { body: JSON.stringify({ token: await mint(audience) }) };
  });
}

const ACCOUNT = '/computeMetadata/v1/instance/service-accounts/default';

/** The metadata server: its header both ways, tokens as plain text. */
export function startMetadata(mint: Mint, access: string): Promise<FakeService> {
  return startService(async ({ url, headers }) => {
    if (headers['metadata-flavor'] !== 'Google') return refusal('Missing Metadata-Flavor', 403);
    const flavour = { 'metadata-flavor': 'Google' };
    if (url.pathname === `${ACCOUNT}/token`) {
      return {
        headers: flavour,
        body: JSON.stringify({ access_token: access, expires_in: 3599, token_type: 'Bearer' }),
      };
    }
    if (url.pathname !== `${ACCOUNT}/identity` || url.searchParams.get('format') !== 'full')
      return refusal('not found', 404);
    const body = await mint(url.searchParams.get('audience') ?? '');
    return { headers: { ...flavour, 'content-type': 'text/html' }, body };
  });
}

/** POST …/serviceAccounts/NAME:generateIdToken with an access token. */
export function startIam(mint: Mint, access: string, account: string): Promise<FakeService> {
  return startService(async ({ method, url, headers, body }) => {
    const path = `/v1/projects/-/serviceAccounts/${encodeURIComponent(account)}:generateIdToken`;
    if (method !== 'POST' || url.pathname !== path) return refusal('no such account', 404);
    if (headers.authorization !== `Bearer ${access}`) return refusal('bad access token', 401);
    const { audience, includeEmail } = JSON.parse(body) as Record<string, unknown>;
    if (includeEmail !== true) return refusal('no e-mail was asked for', 400);
    return { body: JSON.stringify({ token: await mint(String(audience)) }) };
  });
}
