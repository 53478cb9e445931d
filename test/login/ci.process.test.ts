/**
 * Identity tokens of CI systems and clouds, from servers that speak their protocols, with everything that can go wrong
 * there: one line that names the service, a remedy, exit 4 (3 where the service is away), and no token in it.
 */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { acceptExpected } from '../../src/core/expected-account.ts';
import type { IdentityClaims } from '../../src/core/identity-claims.ts';
import type { HttpSend } from '../../src/http/message.ts';
import { obtainIdentityToken } from '../../src/login/obtain-token.ts';
import type { TokenRequest } from '../../src/login/token-request.ts';
import { Secret } from '../../src/system/secret.ts';
import type { FakeService, Fault } from '../support/fake-ci/http-service.ts';
import {
  startBuildkite,
  startGitHub,
  startIam,
  startMetadata,
} from '../support/fake-ci/services.ts';
import {
  startWorkloadApi,
  type WorkloadApi,
  type WorkloadFault,
} from '../support/fake-ci/workload-api.ts';
import { scratchDirectory } from '../support/sandbox.ts';
import { fakeTerminal } from '../support/signing.ts';
import { tokenRequest } from '../support/token-request.ts';

const KEY = 'the-key-of-the-job';
const ACCESS = 'ya29.access';
const ACCOUNT = 'signer@project.iam.gserviceaccount.com';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** The audience that services name whatever they are asked for. */
let stubborn: string | undefined;
/** The token that a service issues. Only the CA checks its signature. */
const mint = async (asked: string, audience = stubborn ?? asked) =>
  `${part({ alg: 'RS256' })}.${part({ iss: 'https://ci.example', aud: audience, sub: 'repo:acme/app', exp: 4e9 })}.c2ln`;

const directory = scratchDirectory('ci');
let github: FakeService;
let buildkite: FakeService;
let metadata: FakeService;
let iam: FakeService;
let spiffe: WorkloadApi;
let spiffeTcp: WorkloadApi;
beforeAll(async () => {
  github = await startGitHub(mint, KEY);
  buildkite = await startBuildkite(mint, KEY, 'job-1');
  metadata = await startMetadata(mint, ACCESS);
  iam = await startIam(mint, ACCESS, ACCOUNT);
  spiffe = await startWorkloadApi(mint, join(directory, 'api.sock'));
  spiffeTcp = await startWorkloadApi(mint, undefined);
});
afterEach(() => {
  for (const service of [github, buildkite, metadata, iam]) service.fail(undefined);
  spiffe.fail(undefined);
  stubborn = undefined;
});
afterAll(async () => {
  await Promise.all(
    [github, buildkite, metadata, iam, spiffe, spiffeTcp].map((one) => one.close()),
  );
  await rm(directory, { recursive: true, force: true });
});

type Variables = Readonly<Record<string, string>>;

/** Google's own address is beyond reach here: what is sent there goes to the fake. */
const withIam =
  (send: HttpSend): HttpSend =>
  (request) =>
    send({
      ...request,
      url: request.url.replace('https://iamcredentials.googleapis.com', iam.url),
    });

async function obtain(
  environment: Variables,
  flags: Variables = {},
  more: Partial<Pick<TokenRequest, 'accept' | 'given' | 'now'>> = {},
) {
  const terminal = fakeTerminal(false);
  const request = await tokenRequest({
    issuerUrl: 'https://nobody.example',
    env: environment,
    flags,
    terminal,
    more,
  });
  try {
    const identity = await obtainIdentityToken({ ...request, send: withIam(request.send) });
    return { identity, lines: terminal.lines };
  } finally {
    request.client.close();
  }
}

const GITHUB = (): Variables => ({
  ACTIONS_ID_TOKEN_REQUEST_URL: `${github.url}/idtoken/job?api-version=2.0`,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: KEY,
});
const BUILDKITE = (): Variables => ({
  BUILDKITE_AGENT_ACCESS_TOKEN: KEY,
  BUILDKITE_AGENT_ENDPOINT: `${buildkite.url}/v3`,
  BUILDKITE_JOB_ID: 'job-1',
});
const METADATA = (): Variables => ({ GCE_METADATA_HOST: new URL(metadata.url).host });
const IAM = (): Variables => ({ ...METADATA(), GOOGLE_SERVICE_ACCOUNT_NAME: ACCOUNT });
const SPIFFE = (): Variables => ({ SPIFFE_ENDPOINT_SOCKET: spiffe.address });

const HTTP: readonly (readonly [string, () => Variables, string, () => FakeService])[] = [
  ['GitHub Actions', GITHUB, 'GitHub Actions', () => github],
  ['Buildkite', BUILDKITE, 'Buildkite', () => buildkite],
  ['Google metadata server', METADATA, 'Google metadata server', () => metadata],
  [`Google service account ${ACCOUNT}`, IAM, 'Google IAM', () => iam],
];

describe('an ambient identity (O15)', () => {
  it.each(HTTP)('%s: taken, for our audience, and said', async (source, environment) => {
    const { identity, lines } = await obtain(environment());
    expect(identity).toMatchObject({
      source,
      fresh: false,
      claims: { challenge: 'repo:acme/app' },
    });
    expect(lines).toEqual([`identity from ${source}: repo:acme/app`]);
  });

  it.each<[string, () => Variables]>([
    ['Unix socket', SPIFFE],
    ['bare path', () => ({ SPIFFE_ENDPOINT_SOCKET: join(directory, 'api.sock') })],
    ['TCP on loopback', () => ({ SPIFFE_ENDPOINT_SOCKET: spiffeTcp.address })],
  ])('SPIFFE over a %s', async (_name, environment) => {
    const { identity } = await obtain(environment());
    expect(identity).toMatchObject({ source: 'SPIFFE Workload API' });
    expect([...spiffe.audiences, ...spiffeTcp.audiences].at(-1)).toBe('sigstore');
  });

  it('the token is for the configured client', async () => {
    await obtain(GITHUB(), { clientId: 'a b&c' });
    expect(github.asked.at(-1)?.url.searchParams.get('audience')).toBe('a b&c');
  });

  it.each<[string, () => Variables]>([
    ...HTTP.map(([name, environment]) => [name, environment] as [string, () => Variables]),
    ['SPIFFE Workload API', SPIFFE],
  ])(
    '%s: a token for another audience is refused before it is sent',
    async (source, environment) => {
      stubborn = 'vault';
      await expect(obtain(environment())).rejects.toMatchObject({
        code: 'TOKEN_REFUSED',
        exitCode: 4,
        message: expect.stringMatching(new RegExp(`^${source}: .*vault.*sigstore$`)),
        hint: expect.stringMatching(/\S/),
      });
    },
  );

  it.each<[string, () => Variables, string]>([
    ['GitHub Actions', GITHUB, 'github-actions'],
    ['Buildkite', BUILDKITE, 'buildkite-agent'],
    ['Google metadata server', METADATA, 'google-workload-identity'],
    ['SPIFFE Workload API', SPIFFE, 'spiffe'],
  ])(
    '%s: a stray variable is told, and passed over where a provider is named',
    async (source, environment, tokenProvider) => {
      const stray = { ...environment(), SIGSTORE_ID_TOKEN: await mint('vault') };
      await expect(obtain(stray)).rejects.toMatchObject({
        code: 'TOKEN_REFUSED',
        message: expect.stringMatching(/^SIGSTORE_ID_TOKEN: .*vault.*sigstore$/),
        hint: expect.stringContaining('unset the variable'),
      });
      expect((await obtain(stray, { tokenProvider })).identity.source).toBe(source);
    },
  );
});

/** Faults of a service that may answer another time: no setting here is to blame. */
const AWAY: readonly (Fault | WorkloadFault)[] = ['500', 'slow', 'gone', 'unavailable', 'reset'];
const AGAIN = expect.stringMatching(/Run the job again/);
const FAULTS: readonly (readonly [Fault, RegExp])[] = [
  ['401', /status 401, the key is not good here$/],
  ['500', /status 500$/],
  ['slow', /did not answer in 1 s/],
  ['not JSON', /not a JSON object|not a metadata server|not a JSON web token|not a signed/],
  ['no token', /has no (value|token)|not a (signed )?JSON web token|it is not/],
  ['huge', /answer (?:that )?is too long/],
  ['redirect', /redirects/],
  ['gone', /could not be reached/],
];

describe('a service that fails', () => {
  const cases = HTTP.flatMap(([name, environment, service, fake]) =>
    FAULTS.map(([fault, line]) => ({ name, environment, service, fake, fault, line })),
  );
  it.each(cases)('$name: $fault', async ({ environment, service, fake, fault, line }) => {
    fake().fail(fault);
    const error = await obtain(environment(), { loginTimeout: '1' }).catch((e: unknown) => e);
    const away = AWAY.includes(fault);
    expect(error).toMatchObject({
      exitCode: away ? 3 : 4,
      message: expect.stringMatching(line),
      hint: away ? AGAIN : expect.not.stringMatching(/again/),
    });
    const { message, hint } = error as { message: string; hint: string };
    expect(message).toContain(service);
    expect(hint).toMatch(/\S/);
    expect(`${message}${hint}`).not.toMatch(/eyJ|the-key-of|ya29|audience=/);
  });

  it.each<[WorkloadFault, RegExp]>([
    ['denied', /permission denied \(no identity issued\)/],
    ['unavailable', /unavailable/],
    ['slow', /did not answer in 1 s/],
    ['not a message', /not one gRPC message/],
    ['no identity', /not a JWTSVIDResponse/],
    ['huge', /its answer is too long/],
    ['reset', /could not be reached|not one gRPC|status missing/],
    ['status 404', /status 404/],
  ])('SPIFFE Workload API: %s', async (fault, line) => {
    spiffe.fail(fault);
    const away = AWAY.includes(fault);
    await expect(obtain(SPIFFE(), { loginTimeout: '1' })).rejects.toMatchObject({
      exitCode: away ? 3 : 4,
      message: expect.stringMatching(line),
      hint: away ? AGAIN : expect.stringContaining('SPIFFE'),
    });
  });

  it.each([
    [{ SPIFFE_ENDPOINT_SOCKET: 'unix:///no/such/socket' }, /could not be reached \(ENOENT\)/],
    [{ SPIFFE_ENDPOINT_SOCKET: 'tcp://192.0.2.1:8081' }, /must be unix/],
    [{ SPIFFE_ENDPOINT_SOCKET: 'https://spire.example' }, /must be unix/],
    [{ GCE_METADATA_HOST: 'metadata.evil.example' }, /neither https nor on this machine/],
    [{ GCE_METADATA_HOST: 'a/b?' }, /is not a host/],
    [
      { ACTIONS_ID_TOKEN_REQUEST_URL: 'http://evil.example/', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'k' },
      /neither https/,
    ],
  ])('no server is asked at %j', async (environment, line) => {
    await expect(obtain(environment)).rejects.toMatchObject({
      exitCode: 4,
      message: expect.stringMatching(line),
    });
  });

  it('a metadata server must say that it is one', async () => {
    const other = await startGitHub(mint, KEY);
    await expect(obtain({ GCE_METADATA_HOST: new URL(other.url).host })).rejects.toMatchObject({
      exitCode: 4,
    });
    await other.close();
  });
});

/** A program named circleci, as CircleCI's machines have one. */
function circleci(script: string): Variables {
  const bin = join(directory, `bin-${Math.random()}`);
  mkdirSync(bin);
  writeFileSync(join(bin, 'circleci'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, 'circleci'), 0o755);
  return { PATH: `${bin}:${process.env['PATH']}`, CIRCLECI: 'true', CIRCLE_OIDC_TOKEN_V2: 'given' };
}

describe('CircleCI', () => {
  it('its own program makes the token, and gets no token of others', async () => {
    const out = join(directory, 'asked');
    const environment = circleci(
      `printf '%s\\n' "$@" > ${out}; env > ${out}.env; echo '${await mint('sigstore')}'`,
    );
    const { identity } = await obtain({ ...environment, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'stray' });
    expect(identity.source).toBe('CircleCI');
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(out, 'utf8')).toBe('run\noidc\nget\n--claims\n{"aud":"sigstore"}\n');
    expect(readFileSync(`${out}.env`, 'utf8')).not.toMatch(/stray|given/);
  });

  it.each([
    ['exit 3', /ended with exit code 3/],
    ['exit 0', /printed no token/],
    ['sleep 30', /did not answer in 1 s/],
    ['echo garbage', /not a signed JSON web token/],
  ])('%s', async (script, line) => {
    await expect(obtain(circleci(script), { loginTimeout: '1' })).rejects.toMatchObject({
      exitCode: 4,
      message: expect.stringMatching(line),
      hint: expect.stringContaining('circleci'),
    });
  });

  it('without the setting, the token of the job must be for Sigstore', async () => {
    const job = { CIRCLECI: 'true', CIRCLE_OIDC_TOKEN_V2: await mint('org-id') };
    await expect(obtain(job)).rejects.toMatchObject({
      code: 'TOKEN_REFUSED',
      message: expect.stringContaining('org-id'),
    });
    await expect(
      obtain({ ...job, CIRCLE_OIDC_TOKEN_V2: await mint('sigstore') }),
    ).resolves.toMatchObject({
      identity: { source: 'CircleCI' },
    });
  });
});

describe('variables and files', () => {
  it('GitLab gives one by id_tokens, under any name', async () => {
    const environment = { GITLAB_CI: 'true', SIGN_TOKEN: await mint('sigstore') };
    const { identity } = await obtain(environment, { tokenVariable: 'SIGN_TOKEN' });
    expect(identity.source).toBe('GitLab CI (SIGN_TOKEN)');
    await expect(obtain({ GITLAB_CI: 'true' }, { tokenProvider: 'gitlab' })).rejects.toMatchObject({
      code: 'LOGIN_FAILED',
      message: expect.stringContaining('SIGSTORE_ID_TOKEN'),
      hint: expect.stringContaining('id_tokens'),
    });
  });

  it.each<[string, Variables, RegExp]>([
    [
      'GitLab: what its file lacks',
      { GITLAB_CI: 'true' },
      /^add a token to the job in .gitlab-ci.yml/,
    ],
    ['elsewhere: another token', {}, /^take a fresh token/],
  ])(
    'the error about a token for another audience names the remedy on %s',
    async (_name, surroundings, remedy) => {
      const environment = { ...surroundings, SIGSTORE_ID_TOKEN: await mint('vault') };
      await expect(obtain(environment)).rejects.toMatchObject({
        code: 'TOKEN_REFUSED',
        exitCode: 4,
        hint: expect.stringMatching(remedy),
      });
    },
  );

  it('a file, read anew each time', async () => {
    const path = join(directory, 'token');
    writeFileSync(path, `${await mint('sigstore')}\n`);
    expect((await obtain({}, { tokenFile: path })).identity.source).toBe(path);
  });

  it.each([
    ['none', () => undefined, /there is no such file/],
    ['empty', (path: string) => writeFileSync(path, ' \n'), /it is empty/],
    ['huge', (path: string) => writeFileSync(path, 'x'.repeat(70_000)), /over 64 KiB/],
    ['directory', (path: string) => mkdirSync(path), /not a plain file/],
    ['garbage', (path: string) => writeFileSync(path, 'x'), /not a signed JSON web token/],
  ])('a file that is %s', async (name, make, line) => {
    const path = join(directory, `file-${name}`);
    make(path);
    await expect(obtain({}, { tokenFile: path })).rejects.toMatchObject({
      exitCode: 4,
      message: expect.stringMatching(line),
    });
  });

  it.each<[string, (token: string) => readonly [Variables, Variables], RegExp]>([
    [
      'a variable',
      (SIGSTORE_ID_TOKEN) => [{ SIGSTORE_ID_TOKEN }, {}],
      /unset SIGSTORE_ID_TOKEN, or put a token of the expected account there$/,
    ],
    [
      'a variable of another name',
      (MINE) => [{ MINE }, { tokenVariable: 'MINE' }],
      /unset MINE, or/,
    ],
    [
      'a file',
      (token) => {
        const tokenFile = join(directory, 'of-bob');
        writeFileSync(tokenFile, token);
        return [{}, { tokenFile }];
      },
      /put a token of the expected account there \(.*of-bob\)/,
    ],
    ['a CI system', () => [GITHUB(), {}], /expect the account of GitHub Actions/],
  ])(
    '%s that speaks for another account: logging in would find it again (O13 O15)',
    async (_name, surroundings, remedy) => {
      const [environment, flags] = surroundings(await mint('sigstore'));
      const other = (claims: IdentityClaims) => acceptExpected('alice@example.test', claims);
      const error = await obtain(environment, flags, { accept: other }).catch((e: unknown) => e);
      expect(error).toMatchObject({
        code: 'IDENTITY_UNEXPECTED',
        exitCode: 4,
        message: expect.stringContaining('repo:acme/app'),
        hint: expect.stringMatching(remedy),
      });
      const { hint } = error as { hint: string };
      expect(hint).toMatch(/^nothing was published\. To sign as another account: /);
      expect(hint).not.toContain('git signet login');
    },
  );

  const YEARS_AGO = { now: () => 5e9 };
  it.each<[string, (token: string) => readonly [Variables, Variables], RegExp]>([
    ['variable', (SIGSTORE_ID_TOKEN) => [{ SIGSTORE_ID_TOKEN }, {}], /fresh token, or unset the/],
    [
      'file',
      (token) => {
        const tokenFile = join(directory, 'expired');
        writeFileSync(tokenFile, token);
        return [{}, { tokenFile }];
      },
      /write a fresh token there/,
    ],
  ])(
    'an expired token in a %s: not "log in", which finds it again (O15)',
    async (_name, place, remedy) => {
      const [environment, flags] = place(await mint('sigstore'));
      await expect(obtain(environment, flags, YEARS_AGO)).rejects.toMatchObject({
        code: 'TOKEN_REFUSED',
        message: expect.stringMatching(/expired$/),
        hint: expect.stringMatching(remedy),
      });
    },
  );

  const claims = (more: object) => ({
    ...{ iss: 'https://ci.example', aud: 'sigstore', sub: 's', exp: 4e9 },
    ...more,
  });
  const written = (more: object) => `${part({ alg: 'RS256' })}.${part(claims(more))}.c2ln`;
  it.each<[string, string, RegExp]>([
    ['wrong audience', written({ aud: 'vault' }), /for vault, not for sigstore/],
    ['expired', written({ exp: 1 }), /expired/],
    ['unverified', written({ email: 'alice@example.test' }), /not verified/],
    ['of another issuer', written({ iss: 'https://other.example' }), /comes from the issuer/],
    ['garbage', 'x', /not a signed JSON web token/],
  ])(
    'a token handed over (--token-stdin), %s: says which to get (O09)',
    async (_name, token, line) => {
      const handed = { given: new Secret(token) };
      await expect(obtain({}, { issuer: 'https://ci.example' }, handed)).rejects.toMatchObject({
        exitCode: 4,
        message: expect.stringMatching(line),
        hint: 'give a fresh token for the audience sigstore',
      });
    },
  );

  it('a token of the future is the clock’s affair, wherever it came from', async () => {
    const handed = { given: new Secret(written({ nbf: 3.9e9 })) };
    await expect(obtain({}, {}, handed)).rejects.toMatchObject({
      hint: 'check the clock of this machine',
    });
  });

  it('a FIFO does not hold git up', async () => {
    const path = join(directory, 'fifo');
    const { spawnSync } = await import('node:child_process');
    spawnSync('mkfifo', [path]);
    await expect(obtain({}, { tokenFile: path })).rejects.toMatchObject({ exitCode: 4 });
  });
});
