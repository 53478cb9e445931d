/**
 * git without a person: the identities of CI systems end to end, through the program as git starts it (on whichever
 * runtime it is built for), and the end that comes at once where there is none.
 */

import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FakeService } from '../support/fake-ci/http-service.ts';
import { startBuildkite, startGitHub, startMetadata } from '../support/fake-ci/services.ts';
import { startWorkloadApi, type WorkloadApi } from '../support/fake-ci/workload-api.ts';
import { runMeanwhile, scratchRepository } from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';
import { scratchDirectory, useSandbox } from '../support/sandbox.ts';
import { COMMIT } from '../support/signing.ts';

const sandbox = useSandbox();
const repository = scratchRepository('unattended');
const directory = scratchDirectory('unattended-api');
const WORKFLOW = {
  repository: 'acme/app',
  path: '.github/workflows/release.yml',
  ref: 'refs/heads/main',
};
const KEY = 'the-key-of-the-job';
let github: FakeService;
let buildkite: FakeService;
let metadata: FakeService;
let spiffe: WorkloadApi;
beforeAll(async () => {
  const { mintToken } = sandbox();
  github = await startGitHub((audience) => mintToken({ audience, workflow: WORKFLOW }), KEY);
  buildkite = await startBuildkite(
    (audience) =>
      mintToken({ audience, email: undefined, subject: 'https://buildkite.example/acme/app' }),
    KEY,
    'job-1',
  );
  metadata = await startMetadata(
    (audience) => mintToken({ audience, email: 'signer@project.iam.gserviceaccount.com' }),
    'x',
  );
  spiffe = await startWorkloadApi(
    (audience) =>
      mintToken({ audience, email: undefined, subject: 'spiffe://example.test/signer' }),
    join(directory, 'api.sock'),
  );
});
afterAll(async () => {
  await Promise.all([github, buildkite, metadata, spiffe].map((one) => one.close()));
  await rm(directory, { recursive: true, force: true });
});

const sign = (variables: Record<string, string>) =>
  runMeanwhile(programUnderTest(), ['--status-fd=2', '-bsau', 'alice'], {
    cwd: repository.path,
    env: { ...repository.env, ...sandbox().env, ...variables },
    input: COMMIT,
  });

it('a job without a login asks no mirror for trust before it ends, and a job with a login asks the mirror', async () => {
  let asked = 0;
  // the way to the built-in root's mirror
  const proxy = createServer((socket) => {
    asked += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  const env = { HTTPS_PROXY: `http://127.0.0.1:${port}` };
  const ends = (more: Record<string, string>) =>
    runMeanwhile(programUnderTest(), ['--status-fd=2', '-bsau', 'alice'], {
      cwd: repository.path,
      env: { ...repository.env, ...env, ...more },
      input: COMMIT,
    });
  const alone = await ends({});
  expect([alone.exit, asked], alone.err).toEqual([4, 0]);
  const job = await ends({ SIGSTORE_ID_TOKEN: await sandbox().mintToken() });
  expect(job.exit, job.err).not.toBe(0);
  expect(asked).toBeGreaterThan(0);
  proxy.close();
});

describe('git commit -S without a person', () => {
  it.each<[string, () => Record<string, string>, string]>([
    [
      'GitHub Actions',
      () => ({
        GITHUB_ACTIONS: 'true',
        CI: 'true',
        ACTIONS_ID_TOKEN_REQUEST_URL: `${github.url}/idtoken/job?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: KEY,
      }),
      'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main',
    ],
    [
      'Buildkite',
      () => ({
        BUILDKITE: 'true',
        BUILDKITE_AGENT_ACCESS_TOKEN: KEY,
        BUILDKITE_AGENT_ENDPOINT: `${buildkite.url}/v3`,
        BUILDKITE_JOB_ID: 'job-1',
      }),
      'https://buildkite.example/acme/app',
    ],
    [
      'Google metadata server',
      () => ({ GCE_METADATA_HOST: new URL(metadata.url).host }),
      'signer@project.iam.gserviceaccount.com',
    ],
    [
      'SPIFFE Workload API',
      () => ({ SPIFFE_ENDPOINT_SOCKET: spiffe.address }),
      'spiffe://example.test/signer',
    ],
  ])('%s (O15)', async (source, variables, identity) => {
    const env = { ...sandbox().env, ...variables() };
    const made = await repository.gitMeanwhile(
      { env },
      'commit',
      '-q',
      '--allow-empty',
      '-S',
      '-m',
      source,
    );
    expect(made.exit, made.err).toBe(0);
    const shown = await repository.gitMeanwhile({ env }, 'log', '-1', '--format=%GS');
    expect(shown.out).toContain(identity);
    const { err } = await sign(variables());
    expect(err).toMatch(new RegExp(`^git-signet: identity from ${source}: `, 'm'));
  });

  it.each<[string, Record<string, string>, RegExp, RegExp]>([
    [
      'nothing',
      {},
      /you are not logged in, and there is no terminal to ask at/,
      /git signet login/,
    ],
    [
      'SSH',
      { SSH_CONNECTION: 'a 1 b 22' },
      /you are not logged in, and there is no terminal/,
      /git signet login/,
    ],
    [
      'a dev container',
      { REMOTE_CONTAINERS: 'true' },
      /you are not logged in, and there is no terminal/,
      /git signet login/,
    ],
    [
      'GitHub Actions',
      { GITHUB_ACTIONS: 'true', CI: 'true' },
      /GitHub Actions offers no identity token/,
      /id-token: write/,
    ],
    ['GitLab', { GITLAB_CI: 'true', CI: 'true' }, /GitLab CI offers/, /id_tokens/],
    [
      'a desktop in CI',
      { CI: 'true', DISPLAY: ':0', BROWSER: 'true' },
      /CI offers no identity/,
      /SIGSTORE_ID_TOKEN/,
    ],
    [
      'a provider that is not there',
      { SIGNET_TOKEN_PROVIDER: 'github-actions' },
      /ACTIONS_ID_TOKEN_REQUEST_URL is not set/,
      /id-token: write/,
    ],
  ])(
    'in %s without a token signing ends at once, without a question',
    async (_name, variables, line, hint) => {
      const before = { ...sandbox().requests };
      const { exit, out, err } = await sign(variables);
      expect(exit).toBe(4);
      expect(out).toBe('');
      expect(err).toMatch(line);
      expect(err).toMatch(hint);
      expect(sandbox().requests).toEqual(before);
    },
  );

  it('a source that fails ends it, and nothing is published', async () => {
    github.fail('401');
    const before = { ...sandbox().requests };
    const { exit, err } = await sign({
      ACTIONS_ID_TOKEN_REQUEST_URL: `${github.url}/idtoken/job?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: KEY,
    });
    github.fail(undefined);
    expect(exit).toBe(4);
    expect(err).toMatch(/GitHub Actions gave no identity token: status 401/);
    expect(err).not.toContain(KEY);
    expect(sandbox().requests).toEqual(before);
  });
});
