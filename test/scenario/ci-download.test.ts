/** What the actions and the component run is downloaded, compared with their table of sums, and only then unpacked. */

import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { branchHistory } from '../support/ci-history.ts';
import {
  type Archive,
  actionTree,
  componentWith,
  HERE,
  makeArchive,
  type ReleaseServer,
  startReleaseServer,
  targetOf,
  VERSION,
} from '../support/ci-release.ts';
import { type Context, runAction, runComponent } from '../support/ci-steps.ts';
import { type Ran, runMeanwhile } from '../support/git-repository.ts';
import { bareEnvironment } from '../support/invocation.ts';
import { useSandbox } from '../support/sandbox.ts';
import { findProgram } from '../support/tools.ts';

const sandbox = useSandbox();
const scratch = mkdtempSync(join(tmpdir(), 'git-signet-ci-'));
const directory = (name: string): string => mkdtempSync(join(scratch, `${name}-`));
const FOLDER = `/v${VERSION}`;

let server: ReleaseServer;
let archive: Archive;
let branch: Awaited<ReturnType<typeof branchHistory>>;
beforeAll(async () => {
  server = await startReleaseServer();
  archive = makeArchive(directory('archive'));
  branch = await branchHistory(sandbox(), true, { subjects: ['one', 'two'] });
  publish(archive);
});
afterAll(async () => {
  await server.close();
  // each program is more than 100 MB
  for (const left of [scratch, branch.repository.home]) rmSync(left, { recursive: true });
});

const publish = ({ name, content }: Pick<Archive, 'name' | 'content'>): void =>
  void server.files.set(`${FOLDER}/${name}`, content);

/** Milliseconds and octets are told, not judged: machines differ. */
async function told<T>(what: string, work: () => Promise<T>): Promise<T> {
  const before = performance.now();
  const result = await work();
  const seconds = ((performance.now() - before) / 1000).toFixed(1);
  const megabytes = (archive.content.length / 1e6).toFixed(1);
  console.info(`${what}: ${seconds} s, ${megabytes} MB downloaded`);
  return result;
}

const event = (): Context => ({
  'github.event.before': branch.base,
  'github.sha': branch.head,
  'inputs.trusted-root': sandbox().files.trustedRoot,
});

const judged = (tree: string, env: Context, context: Context = {}) =>
  runAction('action.yml', branch.repository, { ...event(), ...context }, { tree, env });

describe('the GitHub Action', () => {
  it('the gate judges with the program that it downloads and checks, and leaves no file', async () => {
    const tree = actionTree(directory('tree'), [archive.row]);
    const env = { GATE_RELEASES: `${server.url}/v{version}` };
    const ran = await told('the action', () => judged(tree, env));
    expect(ran.exit, ran.out).toBe(0);
    expect(ran.outputs['result']).toBe('verified');
    const temporary = join(ran.outputs['report'] ?? '', '..');
    expect(readdirSync(temporary).filter((name) => name.startsWith('git-signet.'))).toEqual([]);
  });

  it('the releases are found in the repository that the gate comes from', async () => {
    const file = `/acme/git-signet/releases/download${FOLDER}/${archive.name}`;
    server.files.set(file, archive.content);
    const env = { GITHUB_SERVER_URL: server.url };
    const said = await judged(actionTree(directory('tree'), [archive.row]), env, {
      'github.action_repository': 'acme/git-signet',
    });
    expect(said.exit, said.out).toBe(0);
    // the context is empty in some versions of the runner; the path says the same
    const kept = join(directory('runner'), '_actions/acme/git-signet/v1');
    const byPath = await judged(actionTree(kept, [archive.row]), env);
    expect(byPath.exit, byPath.out).toBe(0);
    expect(server.asked.filter((asked) => asked === file)).toHaveLength(2);
  });
});

describe('the GitLab component', () => {
  const judge = (rows: readonly string[]) =>
    runComponent(
      componentWith(rows),
      branch.repository,
      {
        releases: `${server.url}/v{version}`,
        'trusted-root': sandbox().files.trustedRoot,
      },
      {
        env: {
          CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
          CI_COMMIT_SHA: branch.head,
        },
      },
    );

  it('the component judges with the program that it downloads and checks', async () => {
    const ran = await told('the component', () => judge([archive.row]));
    expect([ran.exit, ran.out], ran.err).toEqual([0, '2 judged, 0 failed, 0 undecided\n']);
  });

  it('a file without a sum in the table is refused, because there is no source to build', async () => {
    const asked = server.asked.length;
    const { exit, err } = await judge([]);
    expect(exit).toBe(2);
    expect(err).toContain(`ci/sums.txt has no row for ${HERE.name}, and there is no source here`);
    expect(server.asked.length).toBe(asked);
  });
});

describe('a download', () => {
  /** `ci/fetch` of a tree alone. */
  async function fetched(
    tree: string,
    env: Context = {},
    releases = `${server.url}/v{version}`,
  ): Promise<Ran & { readonly left: readonly string[] }> {
    const into = directory('fetched');
    const ran = await runMeanwhile(join(tree, 'ci/fetch'), [into], {
      cwd: scratch,
      env: { ...bareEnvironment(scratch), GATE_RELEASES: releases, ...env },
    });
    return { ...ran, left: readdirSync(into) };
  }
  const tree = (rows = [archive.row]): string => actionTree(directory('tree'), rows);

  /** A PATH with these programs of the machine and no others. */
  function pathWith(...names: string[]): string {
    const folder = directory('bin');
    const basic = ['sh', 'dirname', 'sed', 'tail', 'tar', 'gzip', 'mv', 'rm', 'chmod', 'cp'];
    for (const name of [...basic, 'uname', 'getconf', 'timeout', 'true', ...names]) {
      const found = findProgram(name);
      if (found !== undefined) symlinkSync(found, join(folder, name));
    }
    return folder;
  }

  it('a download with one changed byte is refused, and neither unpacked nor run', async () => {
    const content = Buffer.from(archive.content);
    content[content.length >> 1] = (content[content.length >> 1] ?? 0) ^ 1;
    publish({ name: archive.name, content });
    const { exit, out, err, left } = await fetched(tree());
    publish(archive);
    expect([exit, out, left]).toEqual([2, '', []]);
    expect(err).toContain('is not the file that was released; nothing of it was run');
    expect(err).toContain(`expected sha256 ${archive.row.slice(0, 64)}`);
  });

  it.each([
    ['no sum', (row: string) => row.slice(65)],
    ['a sum that is cut', (row: string) => row.slice(1)],
    ['a sum that is no number', (row: string) => `g${row.slice(1)}`],
    ['a file outside the folder', (row: string) => row.replace(/\S+$/, '../../x.tar.gz')],
    ['more than a file', (row: string) => `${row} x`],
  ])('a row with %s is refused before any request', async (_, change) => {
    const asked = server.asked.length;
    const { exit, err } = await fetched(tree([change(archive.row)]));
    expect([exit, server.asked.length]).toEqual([2, asked]);
    expect(err).toMatch(
      /^git-signet: ci\/sums\.txt, line 3: expected 'sha256 version target file'/,
    );
  });

  it.each([
    'http://releases.example.test/v{version}',
    'http://127.0.0.1:80@releases.example.test/v{version}',
    'http://127.0.0.1.example.test:80/v{version}',
    'ftp://127.0.0.1:80/v{version}',
    'file:///tmp',
  ])('over %s is refused', async (releases) => {
    const { exit, err } = await fetched(tree(), {}, releases);
    expect(exit).toBe(2);
    expect(err).toMatch(/: only https is asked \(http on 127\.0\.0\.1 alone\)/);
  });

  it('that is sent on to another address without https is refused', async () => {
    server.files.set(`/on/${archive.name}`, new URL(`${server.url}${FOLDER}/${archive.name}`));
    const { exit, err } = await fetched(tree(), {}, `${server.url}/on`);
    expect(exit).toBe(2);
    expect(err).toMatch(/could not download http:\S+\n {2}curl: .*[Pp]rotocol/);
  });

  it.each(['curl', 'wget'])(
    'that is not there is an error that names the address, by %s',
    async (tool) => {
      const env = { PATH: pathWith(tool, 'sha256sum') };
      const { exit, err } = await fetched(tree(), env, `${server.url}/nowhere`);
      expect(exit).toBe(2);
      expect(err).toMatch(
        new RegExp(`could not download ${server.url}/nowhere/${archive.name}\n {2}.*404.*\n$`),
      );
    },
  );

  it('the download works with wget and shasum if curl and sha256sum are missing', async () => {
    const { exit, out, err } = await fetched(tree(), { PATH: pathWith('wget', 'shasum', 'perl') });
    expect(exit, err).toBe(0);
    expect(out).toMatch(/\/git-signet\n$/);
  });

  it.each([
    ['sha256sum', 'neither curl nor wget'],
    ['curl', 'neither sha256sum nor shasum'],
  ])('a machine with %s alone is told what to install', async (tool, said) => {
    const { exit, err } = await fetched(tree(), { PATH: pathWith(tool) });
    expect(exit).toBe(2);
    expect(err).toContain(`there is ${said}`);
    expect(err).toContain('install one of them');
  });

  it('the download for Windows is a zip archive', async () => {
    const zip = makeArchive(directory('zip'), targetOf('windows-x64'), '/bin/true');
    publish(zip);
    const env = { RUNNER_OS: 'Windows', RUNNER_ARCH: 'X64' };
    const { exit, out, err, left } = await fetched(tree([zip.row]), env);
    expect(exit, err).toBe(0);
    expect(out).toMatch(/\/git-signet\.exe\n$/);
    expect(left).toEqual(['git-signet.exe']);
  });

  it('a program that does not start on this machine is an error of its own', async () => {
    const broken = makeArchive(directory('broken'), HERE, '/bin/false');
    publish(broken);
    const { exit, out, err } = await fetched(tree([broken.row]));
    publish(archive);
    expect([exit, out]).toEqual([2, '']);
    expect(err).toContain(`git-signet ${VERSION} (${HERE.name}) does not start here`);
  });

  it.each([
    [
      'another version',
      () => archive.row.replace(VERSION, '9.9.9'),
      {},
      /for version \S+ on linux/,
    ],
    ['another machine', () => archive.row, { RUNNER_ARCH: 'ARM' }, /no release for /],
  ])(
    'a table for %s leads to a build from source, and the reason is said',
    async (_, row, env, why) => {
      const source = tree([row()]);
      mkdirSync(join(source, 'scripts'));
      mkdirSync(join(source, 'dist'));
      const build = join(source, 'scripts/build');
      writeFileSync(
        build,
        '#!/bin/sh\nset -e\nd=$(dirname "$0")\necho ok >"$d/../dist/git-signet"\nchmod +x "$d/../dist/git-signet"\n',
      );
      chmodSync(build, 0o755);
      const asked = server.asked.length;
      const first = await fetched(source, env);
      expect([first.exit, first.left], first.err).toEqual([0, ['git-signet']]);
      expect(first.err).toMatch(why);
      expect(first.err).toMatch(
        /^git-signet: .*, so git-signet is built from source \(some minutes\)\n$/,
      );
      const again = await fetched(source, env);
      expect([again.exit, server.asked.length]).toEqual([0, asked]);
      expect(again.err).toMatch(/, so the one that was built here is taken\n$/);
    },
  );
});
