/**
 * The fakes of CI systems and clouds, judged by other clients: gitsign, unchanged, gets its tokens from them
 * and signs. What they speak is therefore not only what we understand.
 */

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FakeService } from '../support/fake-ci/http-service.ts';
import { startBuildkite, startGitHub, startMetadata } from '../support/fake-ci/services.ts';
import { startWorkloadApi, type WorkloadApi } from '../support/fake-ci/workload-api.ts';
import { peer, run } from '../support/peers.ts';
import { answerDevice } from '../support/person.ts';
import { scratchDirectory, useSandbox } from '../support/sandbox.ts';
import { COMMIT } from '../support/signing.ts';

const gitsign = peer('gitsign');
const sandbox = useSandbox();
const work = scratchDirectory('fake-ci');
const KEY = 'the-key-of-the-job';
const SPIFFE_ID = 'spiffe://example.test/signer';

let github: FakeService;
let buildkite: FakeService;
let metadata: FakeService;
let spiffe: WorkloadApi;
beforeAll(async () => {
  const mint = (claims: object) => (audience: string) =>
    sandbox().mintToken({ audience, email: undefined, ...claims });
  github = await startGitHub(mint({ subject: 'https://github.example/acme/app' }), KEY);
  buildkite = await startBuildkite(
    mint({ subject: 'https://buildkite.example/app' }),
    KEY,
    'job-1',
  );
  metadata = await startMetadata(mint({ email: 'signer@p.iam.gserviceaccount.com' }), 'x');
  spiffe = await startWorkloadApi(mint({ subject: SPIFFE_ID }), join(work, 'api.sock'));
  await run('git', ['init', '-q', '.'], { cwd: work });
});
afterAll(async () => {
  await Promise.all([github, buildkite, metadata, spiffe].map((service) => service?.close()));
  rmSync(work, { recursive: true, force: true });
});

describe.skipIf(gitsign === undefined)('gitsign', () => {
  const commit = async (provider: string, variables: Record<string, string>) => {
    const env = {
      ...sandbox().environment({
        program: gitsign ?? '',
        user: { name: 'Alice', email: 'alice@example.test' },
        gitConfig: { 'gitsign.rekorMode': 'offline', 'gitsign.tokenProvider': provider },
      }),
      ...variables,
    };
    const args = ['commit', '-q', '--allow-empty', '-S', '-m', provider];
    return run('git', args, { cwd: work, env });
  };

  it.each<[string, () => Record<string, string>]>([
    [
      'github-actions',
      () => ({
        ACTIONS_ID_TOKEN_REQUEST_URL: `${github.url}/idtoken/job?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: KEY,
      }),
    ],
    [
      'buildkite-agent',
      () => ({
        BUILDKITE_AGENT_ACCESS_TOKEN: KEY,
        BUILDKITE_AGENT_ENDPOINT: `${buildkite.url}/v3`,
        BUILDKITE_JOB_ID: 'job-1',
      }),
    ],
    ['google-workload-identity', () => ({ GCE_METADATA_HOST: new URL(metadata.url).host })],
    ['spiffe', () => ({ SPIFFE_ENDPOINT_SOCKET: join(work, 'api.sock') })],
  ])('%s: gets a token from our fake', async (provider, variables) => {
    const made = await commit(provider, variables());
    expect(made.code, made.stderr).toBe(0);
  });

  it('device: logs in at the sandbox’s issuer', async () => {
    const child = spawn(gitsign ?? '', ['--status-fd=2', '-bsau', 'alice'], {
      cwd: work,
      env: {
        ...{ PATH: process.env['PATH'], HOME: work, GIT_CONFIG_GLOBAL: '/dev/null' },
        ...sandbox().environment({ gitConfig: { 'gitsign.rekorMode': 'offline' } }),
        GITSIGN_TOKEN_PROVIDER: 'device',
      },
    });
    child.stdin.end(COMMIT);
    let printed = '';
    let answered: Promise<unknown> | undefined;
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk;
      const address = /(http:\S+\/device\S*)/.exec(printed)?.[1];
      const code = /\b([A-Z]{4}-[A-Z]{4})\b/.exec(printed)?.[1];
      if (address === undefined || code === undefined || answered !== undefined) return;
      answered = answerDevice(new URL('/device', address).href, code);
    });
    const exit = await new Promise((resolve) => child.once('close', resolve));
    expect(exit, printed).toBe(0);
    expect(printed).toContain('-----BEGIN SIGNED MESSAGE-----');
  });
});
