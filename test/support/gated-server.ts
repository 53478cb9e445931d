/** A bare repository whose gate is our pre-receive hook, served over HTTP, and a clone that pushes there. */

import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { type Ran, type ScratchRepository, scratchRepository } from './git-repository.ts';
import { type GitServer, serveGit } from './http-git-server.ts';
import { programUnderTest } from './program.ts';
import { signer, signetProcess } from './verify-scenario.ts';

/** A tree that holds a policy. */
export function treeOf(repository: ScratchRepository, policy: string): string {
  const { out } = repository.gitWith(
    { input: Buffer.from(policy) },
    'hash-object',
    '-w',
    '--stdin',
  );
  const line = `100644 blob ${out.trim()}\t.signet.yaml\n`;
  return repository.gitWith({ input: Buffer.from(line) }, 'mktree').out.trim();
}

/** Serves while a test file runs. */
export function useGatedServer(name: string, sandbox: () => Sandbox) {
  const policyFor = (...emails: readonly string[]): string =>
    `version: 1\nsigners:\n${emails.map((email) => `  - {name: ${email.split('@')[0]}, identity: ${email}, issuer: '${sandbox().urls.issuer}'}\n`).join('')}`;

  /** What a private Sigstore needs said: the repository’s own word for its trust root does not count at a gate. */
  const trusted = () => ['--trusted-root', sandbox().files.trustedRoot, '--offline'];

  let server: GitServer;
  let home: ScratchRepository;
  beforeAll(async () => {
    home = scratchRepository(name);
    server = await serveGit(home.home, { ...home.env, PATH: process.env['PATH'] ?? '' });
  });
  afterAll(() => server.close());

  /** A bare repository with a gate, whose main has a policy that allows alice (and says `extra`); and a clone that pushes there. */
  const gated = async (name: string, options: readonly string[] = [], extra = '') => {
    const bare = join(home.home, `${name}.git`);
    home.must('init', '-q', '--bare', '-b', 'main', bare);
    for (const [key, value] of [['http.receivepack', 'true']]) {
      home.must('-C', bare, 'config', key ?? '', value ?? '');
    }
    const client = scratchRepository(name);
    const make = signer(client, sandbox());
    const tree = treeOf(client, policyFor('alice@example.test') + extra);
    const base = await make.commit({ tree, subject: 'base' });
    client.must('push', '-q', bare, `${base}:refs/heads/main`);
    client.must('remote', 'add', 'origin', urlOf(name));
    expect((await client.gitMeanwhile({}, 'fetch', '-q', 'origin')).exit).toBe(0);
    const there = {
      path: bare,
      env: { ...client.env, PATH: `${dirname(programUnderTest())}:${process.env['PATH']}` },
    };
    const installed = await signetProcess(there, [
      'hooks',
      'install',
      ...['--', ...trusted(), ...options],
    ]);
    expect(installed.out).toContain('pre-receive: installed');
    const push = (...args: string[]): Promise<Ran> =>
      client.gitMeanwhile({}, 'push', 'origin', ...args);
    const refs = () => home.must('-C', bare, 'for-each-ref', '--format=%(refname) %(objectname)');
    return { bare, client, make, tree, base, push, refs, there };
  };
  /** The address of a repository here. */
  const urlOf = (name: string): string => `${server.url}/${name}.git`;
  return { gated, policyFor, trusted, urlOf, home: () => home };
}
