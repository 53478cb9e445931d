/** The setup action: git-signet on PATH, and git that signs with the identity of the workflow, in the later steps of a job. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  actionTree,
  makeArchive,
  type ReleaseServer,
  startReleaseServer,
  VERSION,
} from '../support/ci-release.ts';
import { type ActionRan, assigned, type Context, runAction } from '../support/ci-steps.ts';
import type { FakeService } from '../support/fake-ci/http-service.ts';
import { startGitHub } from '../support/fake-ci/services.ts';
import { runMeanwhile, scratchRepository } from '../support/git-repository.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const scratch = mkdtempSync(join(tmpdir(), 'git-signet-setup-'));
const KEY = 'the-key-of-the-job';
const WORKFLOW = {
  repository: 'acme/app',
  path: '.github/workflows/release.yml',
  ref: 'refs/heads/main',
};

const homes: string[] = [];
let server: ReleaseServer;
let github: FakeService;
let tree: string;
beforeAll(async () => {
  server = await startReleaseServer();
  const { mintToken } = sandbox();
  github = await startGitHub((audience) => mintToken({ audience, workflow: WORKFLOW }), KEY);
  const archive = makeArchive(mkdtempSync(join(scratch, 'archive-')));
  server.files.set(`/v${VERSION}/${archive.name}`, archive.content);
  tree = actionTree(mkdtempSync(join(scratch, 'tree-')), [archive.row]);
});
afterAll(async () => {
  await Promise.all([server.close(), github.close()]);
  // each program is more than 100 MB
  for (const left of [scratch, ...homes]) rmSync(left, { recursive: true });
});

const tokens = (): Context => ({
  ACTIONS_ID_TOKEN_REQUEST_URL: `${github.url}/idtoken/job?api-version=2.0`,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: KEY,
});

/** A repository as `actions/checkout` leaves it: nothing of git-signet in any configuration. */
function checkout() {
  const repository = scratchRepository('setup');
  homes.push(repository.home);
  repository.must('config', '--unset', 'gpg.format');
  repository.must('config', '--unset', 'gpg.x509.program');
  return repository;
}

const setUp = (
  repository: ReturnType<typeof checkout>,
  { context = {}, env = {} }: { readonly context?: Context; readonly env?: Context },
) =>
  runAction('setup/action.yml', repository, context, {
    tree,
    env: { GATE_RELEASES: `${server.url}/v{version}`, ...env },
  });

/** The environment of the steps that follow, as a runner makes it of its files. */
function afterwards({ files }: ActionRan, env: Context): Record<string, string> {
  const path = (files['GITHUB_PATH'] ?? '').trimEnd().split('\n').toReversed();
  return {
    ...env,
    ...assigned(files['GITHUB_ENV'] ?? ''),
    PATH: [...path, env['PATH']].join(':'),
  };
}

it('git commits and tags signed by the workflow, and no configuration file changes', async () => {
  const repository = checkout();
  const before = readFileSync(join(repository.path, '.git/config'), 'utf8');
  const ran = await setUp(repository, { env: tokens() });
  expect(ran.exit, ran.out).toBe(0);
  const env = { ...afterwards(ran, { ...repository.env, ...tokens() }), ...sandbox().env };
  const git = (...args: string[]) => runMeanwhile('git', args, { cwd: repository.path, env });
  const committed = await git('commit', '-q', '--allow-empty', '-m', 'release: 1.0');
  expect(committed.exit, committed.err).toBe(0);
  expect((await git('tag', '-m', 'release 1.0', 'v1.0')).exit).toBe(0);
  const shown = await git('log', '-1', '--format=%GS');
  expect(shown.out).toContain(
    'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main',
  );
  expect((await git('verify-tag', 'v1.0')).exit).toBe(0);
  expect((await git('signet', 'version')).out).toContain(`git-signet ${VERSION}`);
  expect(readFileSync(join(repository.path, '.git/config'), 'utf8')).toBe(before);
  expect(readdirSync(repository.home)).not.toContain('gitconfig');
});

it('settings that another step gave git by environment are kept', async () => {
  const repository = checkout();
  const given = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'user.name', GIT_CONFIG_VALUE_0: 'Bot' };
  const ran = await setUp(repository, { env: { ...tokens(), ...given } });
  expect(ran.exit, ran.out).toBe(0);
  const env = afterwards(ran, { ...repository.env, ...given });
  const git = (...args: string[]) => runMeanwhile('git', args, { cwd: repository.path, env });
  expect((await git('config', 'user.name')).out).toBe('Bot\n');
  expect((await git('config', 'gpg.x509.program')).out).toBe(`${ran.outputs['program']}\n`);
});

it('a job that may not ask for an identity token is told which permission it needs', async () => {
  const asked = server.asked.length;
  const ran = await setUp(checkout(), {});
  expect(ran.exit).toBe(2);
  expect(ran.out).toContain('ACTIONS_ID_TOKEN_REQUEST_URL');
  expect(ran.out).toContain('\n  permissions: { contents: read, id-token: write }\n');
  expect([ran.files['GITHUB_ENV'], ran.files['GITHUB_PATH'], server.asked.length]).toEqual([
    '',
    '',
    asked,
  ]);
});

it('with sign: false the program is on PATH and git is left alone', async () => {
  const repository = checkout();
  const ran = await setUp(repository, { context: { 'inputs.sign': 'false' } });
  expect(ran.exit, ran.out).toBe(0);
  expect(ran.files['GITHUB_ENV']).toBe('');
  const env = afterwards(ran, repository.env);
  const version = await runMeanwhile('git', ['signet', 'version'], { cwd: repository.path, env });
  expect(version.out).toContain(`git-signet ${VERSION}`);
});

it('a value of sign that is neither true nor false is refused', async () => {
  const ran = await setUp(checkout(), { context: { 'inputs.sign': 'yes' }, env: tokens() });
  expect([ran.exit, ran.out]).toEqual([2, 'git-signet: sign: expected true or false, not yes\n']);
});
