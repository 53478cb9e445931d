/** A release is tried on a machine of its platform, and published: to npm, to GitHub, to GitLab. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HERE, makeArchive } from '../support/ci-release.ts';
import { ROOT } from '../support/ci-steps.ts';
import { type Ran, runMeanwhile } from '../support/git-repository.ts';
import { bareEnvironment } from '../support/invocation.ts';
import { findProgram } from '../support/tools.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'git-signet-publish-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const start = (
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> => {
  const all = { ...bareEnvironment(folder), ...env };
  return runMeanwhile(join(ROOT, 'ci', script), args, { cwd: folder, env: all });
};

describe('an archive on a machine of its platform', () => {
  const release = mkdtempSync(join(tmpdir(), 'git-signet-try-'));
  let name: string;
  const list = (sum: string): void =>
    writeFileSync(join(release, 'SHA256SUMS'), `${sum}  ${name}\n`);
  const sumOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  let content: Buffer;
  beforeAll(() => {
    ({ name, content } = makeArchive(release));
  });
  afterAll(() => rmSync(release, { recursive: true }));

  it('the released program signs and verifies a commit', async () => {
    list(sumOf(content));
    const { exit, out } = await start('try-archive', [release, HERE.name]);
    expect([exit, out]).toEqual([0, expect.stringContaining(`${name} starts, signs and verifies`)]);
  });

  it('a file that differs from the list of sums is refused before it is unpacked', async () => {
    list('0'.repeat(64));
    const { exit, err } = await start('try-archive', [release, HERE.name]);
    expect([exit, err]).toEqual([
      1,
      expect.stringContaining(`${name} is not the file that SHA256SUMS lists`),
    ]);
  });

  it('a platform without a file in the release is an error', async () => {
    const { exit, err } = await start('try-archive', [release, 'windows-x64']);
    expect([exit, err]).toEqual([1, expect.stringContaining('holds no archive for windows-x64')]);
  });
});

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A server that answers by a function and remembers what it was asked. */
async function serve(answer: (asked: Asked) => readonly [status: number, body: string]): Promise<{
  readonly address: string;
  readonly asked: readonly Asked[];
  readonly server: Server;
}> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request;
    const one = { method, path, headers, body: await buffer(request) };
    asked.push(one);
    const [status, body] = answer(one);
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, asked, server };
}

describe('npm', () => {
  /** A package as `npm pack` writes it. */
  const pack = (name: string, version: string): void => {
    const source = join(folder, 'sources', name);
    mkdirSync(source, { recursive: true });
    writeFileSync(join(source, 'package.json'), JSON.stringify({ name, version }));
    mkdirSync(join(folder, 'npm'), { recursive: true });
    const args = ['pack', '--silent', '--pack-destination', join(folder, 'npm')];
    execFileSync('npm', args, { cwd: source });
  };

  it('npm gets the platforms first, each package once, and no prerelease as the latest', async () => {
    const documents = new Map<string, string>();
    const { address, asked, server } = await serve(({ method, path, body }) => {
      const name = decodeURIComponent(path.slice(1).split('?')[0] ?? '');
      if (method === 'PUT') documents.set(name, body.toString());
      const document = documents.get(name);
      return document === undefined ? [404, '{"error":"not found"}'] : [200, document];
    });
    for (const name of ['git-signet', '@git-signet/linux-x64', '@git-signet/windows-x64']) {
      pack(name, '0.2.0-rc.1');
    }
    writeFileSync(join(folder, '.npmrc'), `//${address}/:_authToken=a-token\n`);
    const env = {
      PATH: `${dirname(findProgram('npm') ?? '')}:${process.env['PATH']}`,
      npm_config_registry: `http://${address}/`,
      npm_config_cache: join(folder, 'cache'),
      npm_config_userconfig: join(folder, '.npmrc'),
    };
    const publish = (): Promise<Ran> =>
      start('publish-npm', [join(folder, 'npm'), '0.2.0-rc.1'], env);
    const published = (): readonly Asked[] => asked.filter(({ method }) => method === 'PUT');
    expect(await publish()).toMatchObject({ exit: 0 });
    const names = ['@git-signet/linux-x64', '@git-signet/windows-x64', 'git-signet'];
    expect(published().map(({ path }) => decodeURIComponent(path.slice(1)))).toEqual(names);
    for (const { body } of published()) {
      const { 'dist-tags': tags } = JSON.parse(body.toString()) as Record<string, unknown>;
      expect(tags).toEqual({ next: '0.2.0-rc.1' });
    }
    const again = await publish();
    expect([again.exit, again.out]).toEqual([
      0,
      expect.stringContaining('@git-signet/linux-x64 0.2.0-rc.1 is published already'),
    ]);
    expect(published()).toHaveLength(3);
    server.close();
  });

  it('npm gets nothing if the package that users name is missing', async () => {
    pack('git-signet-linux-x64', '0.2.0');
    const { exit, err } = await start('publish-npm', [join(folder, 'npm'), '0.2.0']);
    expect([exit, err]).toEqual([1, expect.stringContaining('git-signet-0.2.0.tgz is not there')]);
  });
});

describe('GitHub', () => {
  /** Stands for GitHub's client: writes down how it was called, and the text that it was given. */
  const client = (): Readonly<Record<string, string>> => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const lines = [
      '#!/bin/sh',
      `printf '%s\\n' "$*" >>'${folder}/called'`,
      `for arg; do [ ! -f "$arg" ] || [ "\${last:-}" != --notes-file ] || cat "$arg" >'${folder}/notes'; last=$arg; done`,
    ];
    writeFileSync(join(bin, 'gh'), `${lines.join('\n')}\n`);
    chmodSync(join(bin, 'gh'), 0o755);
    return { PATH: `${bin}:${process.env['PATH']}` };
  };

  /** Publishes from a tree with this changelog. */
  const publish = (files: string, version: string): Promise<Ran> => {
    const tree = join(folder, 'tree');
    mkdirSync(join(tree, 'ci'), { recursive: true });
    copyFileSync(join(ROOT, 'ci/publish-github'), join(tree, 'ci/publish-github'));
    const changelog =
      '# Changelog\n\n## 0.2.0-rc.1\n\n- a try\n\n## 0.2.0 (2026-12-01)\n\n- new\n\n## 0.1.0\n';
    writeFileSync(join(tree, 'CHANGELOG.md'), changelog);
    const env = { ...bareEnvironment(folder), ...client() };
    const script = join(tree, 'ci/publish-github');
    return runMeanwhile(script, [files, version], { cwd: folder, env });
  };

  it('GitHub gets every file as a draft, and then the release with the changelog’s section', async () => {
    const files = join(folder, 'release');
    mkdirSync(join(files, 'npm'), { recursive: true });
    for (const name of ['SHA256SUMS', 'npm/package.tgz']) writeFileSync(join(files, name), '');
    expect(await publish(files, '0.2.0')).toMatchObject({ exit: 0 });
    const [create, edit] = readFileSync(join(folder, 'called'), 'utf8').split('\n');
    expect(create).toMatch(/^release create v0\.2\.0 --verify-tag --draft .* --latest /);
    expect(create).toMatch(new RegExp(` ${files}/SHA256SUMS ${files}/npm/package\\.tgz$`));
    expect(edit).toBe('release edit v0.2.0 --draft=false');
    expect(readFileSync(join(folder, 'notes'), 'utf8').trim()).toBe('- new');
  });

  it('a prerelease on GitHub is not called the latest', async () => {
    expect(await publish(folder, '0.2.0-rc.1')).toMatchObject({ exit: 0 });
    expect(readFileSync(join(folder, 'called'), 'utf8')).toContain(' --prerelease ');
    expect(readFileSync(join(folder, 'notes'), 'utf8').trim()).toBe('- a try');
  });

  it.each(['0.3.0', '0.1.0'])(
    'GitHub gets nothing for %s, because the changelog has no section for it',
    async (version) => {
      const { exit, err } = await publish(folder, version);
      expect([exit, err]).toEqual([1, `publish-github: CHANGELOG.md says nothing of ${version}\n`]);
      expect(existsSync(join(folder, 'called'))).toBe(false);
    },
  );
});

describe('GitLab', () => {
  const publish = (address: string): Promise<Ran> => {
    writeFileSync(join(folder, 'SHA256SUMS'), 'sums');
    mkdirSync(join(folder, 'homebrew'));
    writeFileSync(join(folder, 'homebrew/git-signet.rb'), 'formula');
    const env = {
      CI_API_V4_URL: `http://${address}/api/v4`,
      CI_PROJECT_ID: '7',
      CI_JOB_TOKEN: 'a-token',
    };
    return start('publish-gitlab', [folder, '0.2.0'], env);
  };

  it('GitLab gets every file, then a release that links to them, and the token by a header', async () => {
    const { address, asked, server } = await serve(() => [201, '{}']);
    expect(await publish(address)).toMatchObject({ exit: 0 });
    const packages = '/api/v4/projects/7/packages/generic/git-signet/0.2.0';
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `PUT ${packages}/SHA256SUMS`,
      `PUT ${packages}/git-signet.rb`,
      'POST /api/v4/projects/7/releases',
    ]);
    expect(asked.map(({ headers }) => headers['job-token'])).toEqual(Array(3).fill('a-token'));
    expect(asked[0]?.body.toString()).toBe('sums');
    expect(JSON.parse(asked[2]?.body.toString() ?? '')).toEqual({
      tag_name: 'v0.2.0',
      name: 'git-signet 0.2.0',
      assets: {
        links: ['SHA256SUMS', 'git-signet.rb'].map((name) => ({
          name,
          url: `http://${address}${packages}/${name}`,
        })),
      },
    });
    server.close();
  });

  it('GitLab gets no release if a file was not taken', async () => {
    const { address, asked, server } = await serve(() => [403, '{}']);
    expect((await publish(address)).exit).not.toBe(0);
    expect(asked.map(({ method }) => method)).toEqual(['PUT']);
    server.close();
  });
});
