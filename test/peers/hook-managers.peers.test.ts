/** lefthook, husky and pre-commit beside our hook, in either order: a push is judged, or the user is told. */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { peer } from '../support/peers.ts';
import { pushingClone } from '../support/pushing-clone.ts';
import { useSandbox } from '../support/sandbox.ts';

type Clone = Awaited<ReturnType<typeof pushingClone>>;

const preCommit = peer('pre-commit');
const managers = peer('hook-managers');
const lefthook = join(
  managers ?? '',
  `node_modules/lefthook-${process.platform}-${process.arch}/bin/lefthook`,
);
const husky = join(managers ?? '', 'node_modules/husky/bin.js');

interface HookManager {
  readonly name: string;
  readonly there: boolean;
  /** What a repository has that uses it, before ours is known to it. */
  readonly configure: (top: string) => void;
  /** Its own command, as every colleague types it after a clone. */
  readonly install: (clone: Clone) => ReturnType<Clone['run']>;
  /** The file that shows that another check of the manager ran. */
  readonly other: string;
}

const put = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};

const LEFTHOOK: HookManager = {
  name: 'lefthook',
  there: managers !== undefined,
  configure: (top) => {
    const text = '# ours\npre-push:\n  scripts:\n    other:\n      runner: sh\n';
    put(join(top, 'lefthook.yml'), text);
    put(join(top, '.lefthook/pre-push/other'), 'echo ran >other-ran\n');
  },
  install: ({ run }) => run(lefthook, 'install'),
  other: 'other-ran',
};

const HUSKY: HookManager = {
  name: 'husky',
  there: managers !== undefined,
  configure: (top) => put(join(top, '.husky/pre-push'), 'cat >/dev/null\necho ran >other-ran\n'),
  install: ({ run }) => run(process.execPath, husky),
  other: 'other-ran',
};

const PRE_COMMIT: HookManager = {
  name: 'pre-commit',
  there: preCommit !== undefined,
  configure: (top) => {
    const hook =
      '{id: other, name: other, language: system, always_run: true, pass_filenames: false, stages: [pre-push], entry: sh -c "echo ran >other-ran"}';
    put(join(top, '.pre-commit-config.yaml'), `repos:\n  - repo: local\n    hooks: [${hook}]\n`);
  },
  install: ({ run }) => run(preCommit ?? '', 'install', '--hook-type', 'pre-push'),
  other: 'other-ran',
};

const sandbox = useSandbox();

/** A clone, whose repository uses that manager once `install` has run. */
async function clone({ name, configure, install, other }: HookManager) {
  const made = await pushingClone(name, sandbox());
  const { repository, signet, push, refs, make, tree, base, trusted } = made;
  const { path } = repository;
  let [commits, configured] = [0, false];
  return {
    ...made,
    path,
    install: async () => {
      if (!configured) configure(path);
      configured = true;
      const ran = await install(made);
      expect(ran.exit, ran.out + ran.err).toBe(0);
    },
    ours: (...more: readonly string[]) => signet('hooks', 'install', ...more, '--', ...trusted),
    /** An unsigned commit without a changed file, on a branch and as a tag. */
    judged: async (): Promise<boolean> => {
      commits += 1;
      const parents = [base];
      const bad = make.unsigned({ tree, parents, subject: `wip ${commits}` });
      const good = await make.commit({ tree, parents, subject: `good ${commits}` });
      const stopped = await push(`${bad}:refs/heads/bad-${commits}`);
      const tag = await push(`${bad}:refs/tags/bad-${commits}`);
      const passed = await push(`${good}:refs/heads/good-${commits}`);
      expect(passed.exit, passed.out + passed.err).toBe(0);
      expect(readFileSync(join(path, other), 'utf8')).toBe('ran\n');
      expect(refs()).toContain(`refs/heads/good-${commits} `);
      const said = `${stopped.out}${stopped.err}`.includes('nothing was pushed');
      expect([stopped.exit !== 0, tag.exit !== 0]).toEqual([said, said]);
      expect(refs().includes(bad)).toBe(!said);
      return said;
    },
    doctor: async () => {
      const { out } = await signet('doctor', '--offline', '--json');
      const { checks } = JSON.parse(out) as {
        checks: readonly { name: string; level: string; detail: string; remedy?: string }[];
      };
      return checks.filter((check) => check.name === 'hooks');
    },
  };
}

describe.each([LEFTHOOK, HUSKY])('$name', (manager) => {
  describe.skipIf(!manager.there)('with git signet hooks', () => {
    it('was there first: install writes nothing and says what to add, --write adds it, and pushes are judged', async () => {
      const { ours, install, judged, repository, signet, doctor, path } = await clone(manager);
      await install();
      const before = repository.must('status', '--porcelain', '-uall');
      const told = await ours();
      expect([told.exit, told.out]).toEqual([2, '']);
      expect(told.err).toContain(`${manager.name} owns the hooks of this repository, so nothing`);
      expect(told.err).toContain('git-signet hooks run pre-push --trusted-root');
      expect(repository.must('status', '--porcelain', '-uall')).toBe(before);
      expect(await doctor()).toEqual([]);
      expect(await judged()).toBe(false);
      expect((await ours('--write')).exit).toBe(0);
      expect(await judged()).toBe(true);
      await install();
      expect(await judged()).toBe(true);
      expect(await doctor()).toMatchObject([{ level: 'ok' }]);
      const again = await ours();
      expect([again.exit, again.out]).toEqual([0, expect.stringContaining('starts git-signet')]);
      if (manager === LEFTHOOK) {
        expect(readFileSync(join(path, 'lefthook.yml'), 'utf8')).toMatch(/^# ours\n/);
      }
      const removed = await signet('hooks', 'remove');
      expect(removed.err).toContain('still starts git-signet');
    });

    it('came later and took our place: doctor and install say so, --write heals it, and a second install of it changes nothing', async () => {
      const { ours, install, judged, doctor, repository } = await clone(manager);
      expect((await ours()).exit).toBe(0);
      expect(await doctor()).toMatchObject([{ level: 'ok' }]);
      await install();
      expect(await judged()).toBe(false);
      const [lost] = await doctor();
      expect(lost).toMatchObject({ level: 'fail', remedy: 'git signet hooks install' });
      expect(lost?.detail).toContain(`no push is judged: ${manager.name} took the place`);
      const told = await ours();
      expect([told.exit, told.err]).toEqual([2, expect.stringContaining('nothing starts it')]);
      const healed = await ours('--write');
      expect([healed.exit, healed.err]).toEqual([0, expect.stringContaining('removed')]);
      expect(await judged()).toBe(true);
      await install();
      expect(await judged()).toBe(true);
      expect(await doctor()).toMatchObject([{ level: 'ok' }]);
      const hooks = repository.must('rev-parse', '--git-common-dir');
      for (const left of ['pre-push.old', 'before-git-signet']) {
        expect(existsSync(join(repository.path, hooks, 'hooks', left))).toBe(false);
      }
    });

    it('came later: remove takes our displaced hook away and brings back what ours had moved aside', async () => {
      const { ours, install, signet, repository } = await clone(manager);
      const hook = join(repository.path, '.git/hooks/pre-push');
      put(hook, '#!/bin/sh\nexit 0\n');
      expect((await ours()).exit).toBe(0);
      await install();
      const removed = await signet('hooks', 'remove');
      expect(removed.out).toBe('pre-push: removed, and the earlier hook is back\n');
      const back = manager === LEFTHOOK ? `${hook}.old` : hook;
      expect(readFileSync(back, 'utf8')).toBe('#!/bin/sh\nexit 0\n');
      expect((await signet('hooks', 'remove')).out).toContain('none of ours');
    });
  });
});

describe.skipIf(!PRE_COMMIT.there)('pre-commit with git signet hooks', () => {
  it('was there first: ours goes beside it, it runs ours first, and its own install keeps that', async () => {
    const { ours, install, judged, doctor, signet, repository } = await clone(PRE_COMMIT);
    await install();
    expect(await judged()).toBe(false);
    const put = await ours();
    expect([put.exit, put.out]).toEqual([0, expect.stringContaining('pre-push.legacy')]);
    expect(await judged()).toBe(true);
    await install();
    expect(await judged()).toBe(true);
    expect(await doctor()).toMatchObject([{ level: 'ok' }]);
    expect((await signet('hooks', 'remove')).out).toBe('pre-push: removed\n');
    expect(await judged()).toBe(false);
    expect(existsSync(join(repository.path, '.git/hooks/pre-push.legacy'))).toBe(false);
  });

  it('came later: ours runs first, as pre-push.legacy', async () => {
    const { ours, install, judged, doctor } = await clone(PRE_COMMIT);
    expect((await ours()).exit).toBe(0);
    await install();
    expect(await judged()).toBe(true);
    expect(await doctor()).toMatchObject([{ level: 'ok' }]);
  });

  it('was moved aside and came again: it is not started by itself, and install takes the copy away', async () => {
    const { ours, install, judged, repository } = await clone(PRE_COMMIT);
    await install();
    const hooks = join(repository.path, '.git/hooks');
    mkdirSync(join(hooks, 'before-git-signet'));
    renameSync(join(hooks, 'pre-push'), join(hooks, 'before-git-signet/pre-push'));
    expect((await ours()).exit).toBe(0);
    expect(await judged()).toBe(true);
    await install();
    expect(await judged()).toBe(true);
    expect((await ours()).exit).toBe(0);
    expect(existsSync(join(hooks, 'before-git-signet'))).toBe(false);
    expect(await judged()).toBe(true);
  });
});
