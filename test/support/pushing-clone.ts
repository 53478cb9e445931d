/** A clone that pushes to a bare repository whose main has a policy that allows alice, with git-signet on PATH or not. */

import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { treeOf } from './gated-server.ts';
import { type Ran, runMeanwhile, scratchRepository } from './git-repository.ts';
import { programUnderTest } from './program.ts';
import { signer } from './verify-scenario.ts';

/** `found`: git-signet is on PATH. `path`: more folders of PATH. */
export async function pushingClone(
  name: string,
  sandbox: Sandbox,
  { found = true, path = [] }: { readonly found?: boolean; readonly path?: readonly string[] } = {},
) {
  const repository = scratchRepository(name);
  const { home, must } = repository;
  const remote = join(home, 'remote.git');
  must('init', '-q', '--bare', '-b', 'main', remote);
  must('remote', 'add', 'origin', remote);
  const make = signer(repository, sandbox);
  const policy = `version: 1\nsigners:\n  - {name: alice, identity: alice@example.test, issuer: '${sandbox.urls.issuer}'}\n`;
  const tree = treeOf(repository, policy);
  const base = await make.commit({ tree, subject: 'base' });
  must('push', '-q', 'origin', `${base}:refs/heads/main`);
  const bin = join(home, 'bin');
  mkdirSync(bin);
  if (found) symlinkSync(programUnderTest(), join(bin, 'git-signet'));
  const env = {
    PATH: [bin, ...path, repository.env['PATH']].join(':'),
    PRE_COMMIT_HOME: join(home, 'cache'),
  };
  const run = (program: string, ...args: readonly string[]): Promise<Ran> =>
    runMeanwhile(program, args, { cwd: repository.path, env: { ...repository.env, ...env } });
  return {
    ...{ repository, make, tree, base, run },
    /** What a private Sigstore needs said. */
    trusted: ['--trusted-root', sandbox.files.trustedRoot, '--offline'],
    signet: (...args: readonly string[]) => run(programUnderTest(), ...args),
    push: (...args: readonly string[]) =>
      repository.gitMeanwhile({ env }, 'push', '-q', 'origin', ...args),
    refs: () => must('-C', remote, 'for-each-ref', '--format=%(refname) %(objectname)'),
  };
}
