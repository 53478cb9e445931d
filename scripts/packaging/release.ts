/**
 * `scripts/release VERSION [--dry-run]`. The released commit is cloned into a scratch folder, built there, tagged there, and
 * all steps run there. The repository itself gets the tag when everything has passed, and a dry run leaves it as it is.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { command, ended, say } from './command.ts';
import {
  browserAddress,
  checkClean,
  checkNamed,
  type Request,
  readArguments,
  type VersionFiles,
  withVersion,
} from './prerequisites.ts';
import { type Release, StepError } from './step.ts';

/** Stands for the repository in a dry run where no remote names one. The domain is reserved (RFC 2606). */
const NOWHERE = 'https://git.example/owner/git-signet';
const NAMED = ['package.json', 'package-lock.json', 'CHANGELOG.md'] as const;

const readNamed = (): VersionFiles =>
  Object.fromEntries(NAMED.map((path) => [path, readFileSync(path, 'utf8')])) as VersionFiles;

/** The remote's address. @throws StepError in a real release without a remote that others reach */
function repositoryAddress({ dryRun }: Request): string {
  const { out } = ended('git', ['remote', 'get-url', 'origin']);
  const address = browserAddress(out.trim());
  if (address !== undefined) return address;
  if (dryRun) return NOWHERE;
  throw new StepError(
    `the remote origin has no address that others reach: ${out.trim() || 'there is none'}`,
    `git remote ${out === '' ? 'add' : 'set-url'} origin https://HOST/OWNER/git-signet`,
  );
}

/** @throws StepError where the tag is there, and at another commit */
function checkTag({ version }: Request): void {
  const { exit, out } = ended('git', ['rev-parse', '--verify', '--quiet', `v${version}^{commit}`]);
  if (exit !== 0 || out === command('git', ['rev-parse', 'HEAD'])) return;
  throw new StepError(
    `v${version} is released already, from commit ${out.trim().slice(0, 12)}`,
    'take the next version, or check that commit out',
  );
}

/** Clones the commit that is checked out, with what a dry run changes in it. */
function cloneSource(request: Request, source: string): void {
  command('git', ['clone', '--quiet', '--no-hardlinks', process.cwd(), source]);
  // a person's name may be set for this repository alone
  for (const key of ['user.name', 'user.email']) {
    const { exit, out } = ended('git', ['config', key]);
    if (exit === 0) command('git', ['config', key, out.trim()], { cwd: source });
  }
  if (!request.dryRun) return;
  ended('git', ['tag', '--delete', `v${request.version}`], { cwd: source });
  for (const [path, text] of Object.entries(withVersion(readNamed(), request.version))) {
    writeFileSync(join(source, path), text);
  }
  const [author = '', email = '', time = ''] = command('git', [
    ...['log', '-1', '--format=%an%n%ae%n%ct'],
  ]).split('\n');
  const env = {
    ...process.env,
    ...{ GIT_AUTHOR_NAME: author, GIT_AUTHOR_EMAIL: email, GIT_AUTHOR_DATE: `${time} +0000` },
    ...{ GIT_COMMITTER_NAME: author, GIT_COMMITTER_EMAIL: email },
    GIT_COMMITTER_DATE: `${time} +0000`,
  };
  const quiet = ['-c', 'commit.gpgSign=false', '-c', 'core.hooksPath=/dev/null'];
  const message = `release: set version ${request.version}`;
  command('git', [...quiet, 'commit', '--quiet', '--allow-empty', '--all', '-m', message], {
    cwd: source,
    env,
  });
}

/** Runs all steps in the clone; in a dry run inside the sandbox, whose first person signs. */
function runSteps(release: Release, source: string): void {
  const steps = [resolve('scripts/packaging/steps.ts'), JSON.stringify(release)];
  const [program, ...before] = release.dryRun
    ? [join(source, 'dist/git-signet'), 'sandbox', 'run', '--', process.execPath]
    : [process.execPath];
  const { status } = spawnSync(program ?? '', [...before, ...steps], {
    cwd: source,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) {
    throw new StepError(
      `the release of ${release.version} stopped; nothing was tagged or published`,
      `look at ${release.work}, then remove it`,
    );
  }
}

function releaseFrom(work: string, request: Request): void {
  const source = join(work, 'source');
  cloneSource(request, source);
  say(`building ${request.version} in a fresh clone ...`);
  // its notes are for the person who releases
  const { status } = spawnSync('sh', ['scripts/build'], {
    cwd: source,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) {
    throw new StepError('the build failed', `read what it says above; ${source} is its folder`);
  }
  const out = resolve('dist/release');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const [commit = '', epoch] = command('git', ['log', '-1', '--format=%H%n%ct'], {
    cwd: source,
  }).split('\n');
  const repository = repositoryAddress(request);
  runSteps({ ...request, out, work, repository, commit, epoch: Number(epoch) }, source);
  if (request.dryRun) return;
  const tag = `refs/tags/v${request.version}`;
  command('git', ['fetch', '--quiet', '--no-tags', source, `${tag}:${tag}`]);
}

function main(): void {
  const request = readArguments(process.argv.slice(2));
  checkClean(command('git', ['status', '--porcelain']));
  if (!request.dryRun) {
    checkNamed(readNamed(), request.version);
    checkTag(request);
    repositoryAddress(request);
  }
  const work = mkdtempSync(join(tmpdir(), 'git-signet-release-'));
  releaseFrom(work, request);
  rmSync(work, { recursive: true });
  say(
    request.dryRun
      ? 'dry run: nothing was tagged or published'
      : `tagged; publish it: git push origin v${request.version}`,
  );
}

try {
  main();
} catch (error) {
  if (!(error instanceof StepError)) throw error;
  say(`${error.message}\n  ${error.remedy}`);
  process.exitCode = 2;
}
