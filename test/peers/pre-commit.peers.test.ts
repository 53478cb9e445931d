/** pre-commit as a user sets it up: it clones our hook at a revision, and git push asks it before anything leaves. */

import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/ci-steps.ts';
import { peer } from '../support/peers.ts';
import { pushingClone } from '../support/pushing-clone.ts';
import { useSandbox } from '../support/sandbox.ts';

const preCommit = peer('pre-commit');

describe.skipIf(preCommit === undefined)('a push through pre-commit', () => {
  const sandbox = useSandbox();

  /**
   * A clone whose pushes pre-commit judges; the remote's main has a policy that allows alice. `found`: git-signet is on
   * PATH. `ours`: our own hook was there before.
   */
  async function guarded({ found = true, ours = false } = {}) {
    const clone = await pushingClone('pre-commit', sandbox(), { found });
    const { repository, run, signet, trusted } = clone;
    const { home, path, must } = repository;
    const hooks = join(home, 'our-repository');
    must('init', '-q', hooks);
    for (const name of ['.pre-commit-hooks.yaml', 'hooks']) {
      cpSync(join(ROOT, name), join(hooks, name), { recursive: true });
    }
    must('-C', hooks, 'add', '.');
    const author = ['-c', 'user.name=A', '-c', 'user.email=a@example.test'];
    must('-C', hooks, ...author, '-c', 'commit.gpgSign=false', 'commit', '-qm', 'hooks');
    writeFileSync(
      join(path, '.pre-commit-config.yaml'),
      `repos:\n  - repo: ${hooks}\n    rev: ${must('-C', hooks, 'rev-parse', 'HEAD')}\n    hooks:\n      - id: git-signet\n        args: ${JSON.stringify(trusted)}\n`,
    );
    if (ours) {
      const own = await signet('hooks', 'install', '--', ...trusted);
      expect(own.exit, own.err).toBe(0);
    }
    const installed = await run(preCommit ?? '', 'install', '--hook-type', 'pre-push');
    expect(installed.exit, installed.err).toBe(0);
    return { ...clone, must };
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
      expect(stopped.out + stopped.err).toMatch(/^unsigned {4}\w{7} {2}–\s+wip$/m);
      expect(stopped.out + stopped.err).toContain('nothing was pushed');
    }
    expect(refs()).toBe(`refs/heads/main ${base}`);
  });

  it('of a branch that begins with a commit of its own is judged, though pre-commit names no commit', async () => {
    const { make, must, tree, push, refs } = await guarded();
    const root = make.unsigned({ tree, subject: 'a root' });
    const stopped = await push(`${root}:refs/heads/other`);
    expect(stopped.exit).not.toBe(0);
    expect(stopped.out + stopped.err).toMatch(/^unsigned {4}\w{7} {2}–\s+a root$/m);
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
