/** pre-commit as a user sets it up: it clones our hook at a revision, and git push asks it before anything leaves. */

import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/ci-steps.ts';
import { treeOf } from '../support/gated-server.ts';
import { run, scratchRepository } from '../support/git-repository.ts';
import { peer } from '../support/peers.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signer } from '../support/verify-scenario.ts';

const preCommit = peer('pre-commit');

describe.skipIf(preCommit === undefined)('a push through pre-commit', () => {
  const sandbox = useSandbox();

  /**
   * A clone whose pushes pre-commit judges; the remote's main has a policy that allows alice. `found`: git-signet is on
   * PATH. `ours`: our own hook was there before.
   */
  async function guarded({ found = true, ours = false } = {}) {
    const repository = scratchRepository('pre-commit');
    const { home, path, must } = repository;
    const hooks = join(home, 'our-repository');
    must('init', '-q', hooks);
    for (const name of ['.pre-commit-hooks.yaml', 'hooks']) {
      cpSync(join(ROOT, name), join(hooks, name), { recursive: true });
    }
    must('-C', hooks, 'add', '.');
    const author = ['-c', 'user.name=A', '-c', 'user.email=a@example.test'];
    must('-C', hooks, ...author, '-c', 'commit.gpgSign=false', 'commit', '-qm', 'hooks');
    const remote = join(home, 'remote.git');
    must('init', '-q', '--bare', '-b', 'main', remote);
    must('remote', 'add', 'origin', remote);

    const make = signer(repository, sandbox());
    const policy = `version: 1\nsigners:\n  - {name: alice, identity: alice@example.test, issuer: '${sandbox().urls.issuer}'}\n`;
    const tree = treeOf(repository, policy);
    const base = await make.commit({ tree, subject: 'base' });
    must('push', '-q', 'origin', `${base}:refs/heads/main`);

    const trusted = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
    writeFileSync(
      join(path, '.pre-commit-config.yaml'),
      `repos:\n  - repo: ${hooks}\n    rev: ${must('-C', hooks, 'rev-parse', 'HEAD')}\n    hooks:\n      - id: git-signet\n        args: ${JSON.stringify(trusted)}\n`,
    );
    const bin = join(home, 'bin');
    mkdirSync(bin);
    if (found) symlinkSync(programUnderTest(), join(bin, 'git-signet'));
    const env = { PATH: `${bin}:${repository.env['PATH']}`, PRE_COMMIT_HOME: join(home, 'cache') };
    if (ours) {
      const own = run(programUnderTest(), ['hooks', 'install', '--', ...trusted], {
        cwd: path,
        env: { ...repository.env, ...env },
      });
      expect(own.exit, own.err).toBe(0);
    }
    const installed = repository.gitWith(
      { env },
      ...['-c', `alias.pre-commit=!${preCommit}`, 'pre-commit'],
      ...['install', '--hook-type', 'pre-push'],
    );
    expect(installed.exit, installed.err).toBe(0);
    const push = (...args: string[]) =>
      repository.gitMeanwhile({ env }, 'push', '-q', 'origin', ...args);
    const refs = () => must('-C', remote, 'for-each-ref', '--format=%(refname) %(objectname)');
    return { make, must, tree, base, push, refs };
  }

  it('leaves when every commit is signed, to a branch that is there and to a new one', async () => {
    const { make, tree, base, push, refs } = await guarded();
    const good = await make.commit({ tree, parents: [base], subject: 'good' });
    const pushed = await push(`${good}:refs/heads/main`);
    expect(pushed.exit, pushed.out + pushed.err).toBe(0);
    const more = await make.commit({ tree, parents: [good], subject: 'more' });
    expect((await push(`${more}:refs/heads/topic`)).exit).toBe(0);
    expect(refs()).toBe(`refs/heads/main ${good}\nrefs/heads/topic ${more}`);
  });

  it('is stopped for one commit without a signature, and the table says which', async () => {
    const { make, tree, base, push, refs } = await guarded();
    const wip = make.unsigned({ tree, parents: [base], subject: 'wip' });
    const above = await make.commit({ tree, parents: [wip], subject: 'above' });
    for (const branch of ['main', 'topic']) {
      const stopped = await push(`${above}:refs/heads/${branch}`);
      expect(stopped.exit).not.toBe(0);
      expect(stopped.out + stopped.err).toMatch(/^unsigned \w{7} {2}–\s+wip$/m);
      expect(stopped.out + stopped.err).toContain('nothing was pushed');
    }
    expect(refs()).toBe(`refs/heads/main ${base}`);
  });

  it('of a branch that begins with a commit of its own is judged, though pre-commit names no commit', async () => {
    const { make, must, tree, push, refs } = await guarded();
    const root = make.unsigned({ tree, subject: 'a root' });
    const stopped = await push(`${root}:refs/heads/other`);
    expect(stopped.exit).not.toBe(0);
    expect(stopped.out + stopped.err).toMatch(/^unsigned \w{7} {2}–\s+a root$/m);
    must('update-ref', 'refs/heads/signed', await make.commit({ tree, subject: 'a signed root' }));
    const pushed = await push('signed:refs/heads/other');
    expect(pushed.exit, pushed.out + pushed.err).toBe(0);
    expect(refs()).toContain('refs/heads/other');
  });

  it('is judged in its first ref alone, unless our own hook was there first and sees all of it', async () => {
    for (const ours of [false, true]) {
      const { make, tree, base, push, refs } = await guarded({ ours });
      const good = await make.commit({ tree, parents: [base], subject: 'good' });
      const wip = make.unsigned({ tree, parents: [base], subject: 'wip' });
      const pushed = await push(`${good}:refs/heads/main`, `${wip}:refs/heads/topic`);
      expect(pushed.exit === 0, pushed.out + pushed.err).toBe(!ours);
      expect(refs().includes(wip)).toBe(!ours);
    }
  });

  it('is stopped when git-signet is not on PATH', async () => {
    const { make, tree, base, push } = await guarded({ found: false });
    const good = await make.commit({ tree, parents: [base], subject: 'good' });
    const stopped = await push(`${good}:refs/heads/main`);
    expect(stopped.exit).not.toBe(0);
    expect(stopped.out + stopped.err).toContain('the program is not on PATH, so this push cannot');
  });
});
