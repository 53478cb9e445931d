/** Pushes that leave and pushes that arrive: a real `git push` over HTTP to a bare repository that judges what comes. */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { treeOf, useGatedServer } from '../support/gated-server.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signetProcess } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const { gated, policyFor, trusted, home } = useGatedServer('hooks', sandbox);

describe('hooks install in a bare repository', () => {
  it('the installed hook says how git keeps malformed objects out, and changes no setting (G18)', async () => {
    const bare = join(home().home, 'told.git');
    home().must('init', '-q', '--bare', bare);
    const PATH = `${dirname(programUnderTest())}:${process.env['PATH']}`;
    const there = { path: bare, env: { ...home().env, PATH } };
    const config = () => readFileSync(join(bare, 'config'), 'utf8');
    const before = config();
    const { exit, talk } = await signetProcess(there, ['hooks', 'install']);
    expect(exit).toBe(0);
    expect(talk).toContain(`git -C ${bare} config receive.fsckObjects true`);
    expect(config()).toBe(before);
    home().must('-C', bare, 'config', 'receive.fsckObjects', 'true');
    expect((await signetProcess(there, ['hooks', 'install'])).talk).toBe('');
  });
});

describe('a server’s gate', () => {
  it('a push of good commits is taken, and one bad commit refuses the whole push', async () => {
    const { make, tree, base, push, refs } = await gated('whole');
    const good = await make.commit({ tree, parents: [base], subject: 'good' });
    const taken = await push(`${good}:refs/heads/main`);
    expect(taken.exit, taken.err).toBe(0);
    expect(refs()).toBe(`refs/heads/main ${good}`);
    const unsigned = make.unsigned({ tree, parents: [good], subject: 'wip' });
    const above = await make.commit({ tree, parents: [unsigned], subject: 'above' });
    const bad = await push(`${above}:refs/heads/main`, `${good}:refs/heads/other`);
    expect(bad.exit).not.toBe(0);
    expect(bad.err).toMatch(/remote: unsigned {4}\w{7} {2}–\s+wip/);
    expect(bad.err).toContain(`git signet resign ${good.slice(0, 12)}..main`);
    expect(bad.err).toContain('the whole push was refused');
    expect(refs()).toBe(`refs/heads/main ${good}`);
  });

  it('every parent of a push is judged, and no commit twice (P06)', async () => {
    const { make, tree, base, push, refs } = await gated('branches');
    const side = make.unsigned({ tree, parents: [base], subject: 'side' });
    const merge = await make.commit({ tree, parents: [base, side], subject: 'merge' });
    expect((await push(`${merge}:refs/heads/main`)).exit).not.toBe(0);
    expect((await push(`${side}:refs/heads/side`)).exit).not.toBe(0);
    const good = await make.commit({ tree, parents: [base], subject: 'topic' });
    expect((await push(`${good}:refs/heads/topic`, `${base}:refs/heads/same`)).exit).toBe(0);
    expect(refs()).toContain(`refs/heads/topic ${good}`);
    expect(refs()).toContain(`refs/heads/same ${base}`);
  });

  it('a push is judged by the policy that its ref had before (P04 P13)', async () => {
    const { client, make, tree, base, push, refs } = await gated('admits');
    const wider = treeOf(client, policyFor('alice@example.test', 'mallory@example.test'));
    const mallory = { email: 'mallory@example.test' };
    const selfish = await make.commit({ tree: wider, parents: [base] }, mallory);
    for (const ref of ['main', 'new']) {
      const refused = await push(`${selfish}:refs/heads/${ref}`);
      expect(refused.exit).not.toBe(0);
      expect(refused.err).toContain('is not listed in');
    }
    const admitted = await make.commit({ tree: wider, parents: [base] });
    expect((await push(`${admitted}:refs/heads/main`)).exit).toBe(0);
    const now = await make.commit({ tree: wider, parents: [admitted] }, mallory);
    expect((await push(`${now}:refs/heads/main`)).exit).toBe(0);
    // taken back, the narrower policy would come back with it
    const back = await make.commit({ tree, parents: [base], subject: 'back' });
    const forced = await push('--force', `${back}:refs/heads/main`);
    expect(forced.exit).not.toBe(0);
    expect(forced.err).toContain('removing commits would change .signet.yaml');
    expect(refs()).toBe(`refs/heads/main ${now}`);
  });

  it('a new branch under strict rules takes no unjudged commit from a branch under loose rules (P04)', async () => {
    const { bare, client, make, base, push } = await gated('roles');
    const rules = "commits: [{refs: ['refs/heads/release/*'], by: [alice]}]\n";
    const tree = treeOf(client, policyFor('alice@example.test', 'bob@example.test') + rules);
    const start = await make.commit({ tree, parents: [base] });
    expect((await push(`${start}:refs/heads/main`)).exit).toBe(0);
    const bobs = await make.commit({ tree, parents: [start] }, { email: 'bob@example.test' });
    expect((await push(`${bobs}:refs/heads/topic`)).exit).toBe(0);
    const refused = await push(`${bobs}:refs/heads/release/1`);
    expect(refused.exit).not.toBe(0);
    expect(refused.err).toContain('bob may not commit to refs/heads/release/1');
    const alices = await make.commit({ tree, parents: [start], subject: 'release' });
    for (const good of [start, alices]) {
      const taken = await push(`${good}:refs/heads/release/${good.slice(0, 7)}`);
      expect(taken.exit, taken.err).toBe(0);
    }
    expect((await push(`${alices}:refs/heads/release/again`)).exit).toBe(0);
    // a symbolic ref is moved with what it stands for
    for (const target of [`release/${alices.slice(0, 7)}`, 'release/none-yet', 'topic']) {
      home().must('-C', bare, 'symbolic-ref', 'refs/heads/alias', `refs/heads/${target}`);
      const next = await make.commit({ tree, parents: [bobs] }, { email: 'bob@example.test' });
      const through = await push('--force', `${next}:refs/heads/alias`);
      expect(through.exit === 0, through.err).toBe(target === 'topic');
    }
  });

  it('a branch that starts at an older policy is judged by the default branch’s newer policy (P04 P16)', async () => {
    const { client, make, base, push, refs } = await gated('older');
    const [alice, bob] = ['alice@example.test', 'bob@example.test'];
    const both = treeOf(client, `${policyFor(alice, bob)}sequence: 1\n`);
    const start = await make.commit({ tree: both, parents: [base] });
    const left = treeOf(client, `${policyFor(alice)}sequence: 2\n`);
    const without = await make.commit({ tree: left, parents: [start] });
    expect((await push(`${without}:refs/heads/main`)).exit).toBe(0);
    const more = treeOf(client, `${policyFor(alice, bob)}sequence: 9\n`);
    // what was there before may be branched from, but it is not who judges
    expect((await push(`${start}:refs/heads/fix`)).exit).toBe(0);
    for (const tree of [both, more]) {
      const bobs = await make.commit({ tree, parents: [start] }, { email: bob });
      const refused = await push(`${bobs}:refs/heads/fix`);
      expect(refused.exit).not.toBe(0);
      expect(refused.err).toContain('is not listed in');
    }
    const alices = await make.commit({ tree: both, parents: [start], subject: 'fix' });
    expect((await push(`${alices}:refs/heads/fix`)).exit).toBe(0);
    // a branch that is ahead of the default branch is judged by its own
    const ahead = await make.commit({ tree: more, parents: [alices] });
    expect((await push(`${ahead}:refs/heads/fix`)).exit).toBe(0);
    const now = await make.commit({ tree: more, parents: [ahead] }, { email: bob });
    expect((await push(`${now}:refs/heads/fix`)).exit).toBe(0);
    expect(refs()).toContain(`refs/heads/fix ${now}`);
  });

  it('the rule merges: clean is judged in the quarantine that git receives into (P08)', async () => {
    const { client, make, base, push } = await gated('col:on');
    const text = `${policyFor('alice@example.test')}commits: [{merges: clean}]\n`;
    const treeWith = (...names: string[]) => {
      const entries = client.must('ls-tree', treeOf(client, text));
      const lines = names.map((name) => `${entries.replace('.signet.yaml', name)}\n`).join('');
      return client.gitWith({ input: Buffer.from(`${entries}\n${lines}`) }, 'mktree').out.trim();
    };
    const start = await make.commit({ tree: treeWith(), parents: [base] });
    expect((await push(`${start}:refs/heads/main`)).exit).toBe(0);
    const parents = await Promise.all(
      ['a', 'b'].map((name) => make.commit({ tree: treeWith(name), parents: [start] })),
    );
    const evil = await make.commit({ tree: treeWith('a', 'b', 'c'), parents });
    expect((await push(`${evil}:refs/heads/main`)).err).toContain(
      'differs from the one that git makes',
    );
    const good = await make.commit({ tree: treeWith('a', 'b'), parents });
    const taken = await push(`${good}:refs/heads/main`);
    expect(taken.exit, taken.err).toBe(0);
  });

  it('a pushed tag must be signed, named as its ref, and not lightweight (G07)', async () => {
    const { make, tree, base, push, refs } = await gated('tags');
    const good = await make.tag(base, 'commit', 'v1');
    const taken = await push(`${good}:refs/tags/v1`);
    expect(taken.exit, taken.err).toBe(0);
    const renamed = await push(`${good}:refs/tags/v2`);
    expect(renamed.exit).not.toBe(0);
    expect(renamed.err).toContain('calls itself v1');
    expect((await push(`${base}:refs/tags/light`)).err).toContain('a lightweight tag');
    const unsigned = await make.tag(base, 'commit', 'v3', 'unsigned');
    expect((await push(`${unsigned}:refs/tags/v3`)).exit).not.toBe(0);
    const wip = make.unsigned({ tree, parents: [base], subject: 'wip' });
    const smuggled = await make.tag(await make.commit({ tree, parents: [wip] }), 'commit', 'v4');
    expect((await push(`${smuggled}:refs/tags/v4`)).exit).not.toBe(0);
    expect(refs()).toBe(`refs/heads/main ${base}\nrefs/tags/v1 ${good}`);
  });

  it('forced pushes and deleted refs', async () => {
    const { make, tree, base, push, refs } = await gated('forced');
    const one = await make.commit({ tree, parents: [base], subject: 'one' });
    const two = await make.commit({ tree, parents: [base], subject: 'two' });
    const bad = make.unsigned({ tree, parents: [base], subject: 'bad' });
    expect((await push(`${one}:refs/heads/topic`)).exit).toBe(0);
    expect((await push('--force', `${bad}:refs/heads/topic`)).exit).not.toBe(0);
    expect((await push('--force', `${two}:refs/heads/topic`)).exit).toBe(0);
    expect((await push('--force', `${base}:refs/heads/topic`)).exit).toBe(0);
    expect((await push(':refs/heads/topic')).exit).toBe(0);
    expect(refs()).toBe(`refs/heads/main ${base}`);
  });

  it('an empty repository without a policy refuses every push, unless signet.policy names one (P05)', async () => {
    const { bare, make, tree, base, push, refs } = await gated('own', ['--refuse-deletes']);
    home().must('-C', bare, 'update-ref', '-d', 'refs/heads/main');
    const none = await push(`${base}:refs/heads/main`);
    expect(none.exit).not.toBe(0);
    expect(none.err).toContain('to judge it by');
    const file = join(home().home, 'own.yaml');
    writeFileSync(file, policyFor('bob@example.test'));
    home().must('-C', bare, 'config', 'signet.policy', file);
    expect((await push(`${base}:refs/heads/main`)).err).toContain('is not listed in');
    const bob = await make.commit({ tree }, { email: 'bob@example.test' });
    expect((await push(`${bob}:refs/heads/bob`)).exit).toBe(0);
    const deleted = await push(':refs/heads/bob');
    expect(deleted.err).toContain('deleting refs is not allowed here');
    expect(refs()).toBe(`refs/heads/bob ${bob}`);
  });
});

/** Another program’s hook, which writes down its input and ends with `code`. */
const other = (file: string, code: number) =>
  `#!/bin/sh\n{ basename "$0"; echo "$@"; cat; } >> '${file}'\nexit ${code}\n`;

describe('hooks beside others', () => {
  it('the earlier hook runs first with arguments and input, and remove restores it', async () => {
    const { bare, make, tree, base, push, there } = await gated('chained');
    expect((await signetProcess(there, ['hooks', 'remove'])).out).toContain('removed');
    const [hook, seen] = [join(bare, 'hooks/pre-receive'), join(home().home, 'seen')];
    const text = other(seen, 0);
    writeFileSync(hook, text);
    chmodSync(hook, 0o755);
    expect((await signetProcess(there, ['hooks', 'install', '--', ...trusted()])).out).toContain(
      'what was there runs first',
    );
    // twice changes nothing
    await signetProcess(there, ['hooks', 'install', '--', ...trusted()]);
    const good = await make.commit({ tree, parents: [base] });
    expect((await push(`${good}:refs/heads/main`)).exit).toBe(0);
    expect(readFileSync(seen, 'utf8')).toBe(`pre-receive\n\n${base} ${good} refs/heads/main\n`);
    writeFileSync(join(bare, 'hooks/before-git-signet/pre-receive'), other(seen, 3));
    const next = await make.commit({ tree, parents: [good] });
    expect((await push(`${next}:refs/heads/main`)).exit).not.toBe(0);
    expect((await signetProcess(there, ['hooks', 'remove'])).out).toContain('is back');
    expect(readFileSync(hook, 'utf8')).toBe(other(seen, 3));
    expect(existsSync(join(bare, 'hooks/before-git-signet'))).toBe(false);
    expect((await signetProcess(there, ['hooks', 'remove'])).out).toContain('none of ours');
  });

  it('pre-push: core.hooksPath, a relative link, and what the remote does not have', async () => {
    const { client, make, tree, base, bare } = await gated('leaving');
    const env = { ...client.env, PATH: `${dirname(programUnderTest())}:${process.env['PATH']}` };
    const here = { path: client.path, env };
    const [hooks, seen] = [join(client.home, 'my hooks'), join(client.home, 'seen')];
    mkdirSync(hooks);
    writeFileSync(join(hooks, 'shared.sh'), other(seen, 0));
    chmodSync(join(hooks, 'shared.sh'), 0o755);
    symlinkSync('shared.sh', join(hooks, 'pre-push'));
    client.must('config', 'core.hooksPath', hooks);
    const options = [...trusted(), '--policy-from', 'OLD'];
    const told = await signetProcess(here, ['hooks', 'install', '--', ...options]);
    expect([told.exit, told.out]).toEqual([2, '']);
    expect(told.talk).toContain(
      `add to ${join(hooks, 'pre-push')}:\n    git-signet hooks run pre-push`,
    );
    expect(told.talk).toContain(`\n    git signet hooks install --write -- ${options.join(' ')}\n`);
    expect(readlinkSync(join(hooks, 'pre-push'))).toBe('shared.sh');
    const write = ['hooks', 'install', '--write', '--', ...options];
    const installed = await signetProcess(here, write);
    expect(installed.out).toContain(`pre-push: installed in ${hooks}; what was there runs first`);
    expect((await signetProcess({ path: bare, env }, ['hooks', 'remove'])).out).toContain(
      'removed',
    );
    const push = (...args: string[]) => client.gitMeanwhile({ env }, 'push', 'origin', ...args);
    const bad = make.unsigned({ tree, parents: [base], subject: 'wip' });
    client.must('update-ref', 'refs/heads/main', bad);
    const stopped = await push('main');
    expect(stopped.exit).not.toBe(0);
    expect(stopped.err).toContain('nothing was pushed');
    expect(stopped.err).toContain(`git signet resign ${base.slice(0, 12)}..main`);
    expect(readFileSync(seen, 'utf8')).toContain(`refs/heads/main ${bad} refs/heads/main ${base}`);
    const good = await make.commit({ tree, parents: [base] });
    const left = await push(`${good}:refs/heads/main`, `${good}:refs/heads/new`);
    expect(left.exit, left.err).toBe(0);
    expect((await push(':refs/heads/new')).exit).toBe(0);
    expect((await signetProcess(here, ['hooks', 'remove'])).out).toContain('is back');
    expect(readFileSync(join(hooks, 'pre-push'), 'utf8')).toBe(other(seen, 0));
  });

  it('a hook that another program moved away or wrote over is found and healed', async () => {
    const { client } = await gated('moved');
    const PATH = `${dirname(programUnderTest())}:${process.env['PATH']}`;
    const here = { path: client.path, env: { ...client.env, PATH } };
    const hook = join(client.path, '.git/hooks/pre-push');
    const doctor = async () => {
      const { out } = await signetProcess(here, ['doctor', '--offline', '--json']);
      const { checks } = JSON.parse(out) as { checks: readonly { name: string; level: string }[] };
      return checks.filter(({ name }) => name === 'hooks');
    };
    expect(await doctor()).toEqual([]);
    await signetProcess(here, ['hooks', 'install']);
    expect(await doctor()).toMatchObject([{ level: 'ok' }]);
    for (const [name, said] of [
      ['pre-push.old', 'took the place of our hook'],
      ['pre-push.legacy', 'took the place of our hook'],
    ] as const) {
      renameSync(hook, join(dirname(hook), name));
      writeFileSync(hook, other(join(client.home, 'seen'), 0), { mode: 0o755 });
      expect(await doctor()).toMatchObject([
        {
          level: 'fail',
          detail: expect.stringContaining(said),
          remedy: 'git signet hooks install',
        },
      ]);
      const healed = await signetProcess(here, ['hooks', 'install']);
      expect([healed.exit, healed.talk]).toEqual([
        0,
        expect.stringContaining(`${name}, which nothing started`),
      ]);
      expect(existsSync(join(dirname(hook), name))).toBe(false);
      expect(await doctor()).toMatchObject([{ level: 'ok' }]);
      expect((await signetProcess(here, ['hooks', 'remove'])).out).toContain('is back');
      unlinkSync(hook);
      await signetProcess(here, ['hooks', 'install']);
    }
  });

  it('doctor says that the program of a hook is gone, and how it is written again with its options', async () => {
    const { client } = await gated('gone');
    const PATH = `${dirname(programUnderTest())}:${process.env['PATH']}`;
    const here = { path: client.path, env: { ...client.env, PATH } };
    await signetProcess(here, ['hooks', 'install', '--', ...trusted()]);
    const hook = join(client.path, '.git/hooks/pre-push');
    const line = (program: string): void => {
      const text = readFileSync(hook, 'utf8').replace(/^exec .*? hooks/m, `exec ${program} hooks`);
      writeFileSync(hook, text);
    };
    const remedy = `git signet hooks install --pre-push -- ${trusted().join(' ')}`;
    for (const [program, level, again] of [
      ["'/nowhere at all/git-signet'", 'fail', remedy],
      [programUnderTest(), 'ok', undefined],
    ] as const) {
      line(program);
      const { out } = await signetProcess(here, ['doctor', '--offline', '--json']);
      const { checks } = JSON.parse(out) as {
        checks: readonly { name: string; remedy?: string }[];
      };
      const found = checks.filter(({ name }) => name === 'hooks');
      expect(found).toMatchObject([{ level }]);
      expect(found[0]?.remedy).toBe(again);
    }
  });

  it('a policy of the repository judges in a server’s bare one only, not before a push (P20)', async () => {
    const { bare, client, make, tree, base, push, there } = await gated('whose');
    const file = join(home().home, 'whose.yaml');
    writeFileSync(file, policyFor('bob@example.test'));
    const bob = await make.commit({ tree, parents: [base] }, { email: 'bob@example.test' });
    client.must('config', 'signet.policy', file);
    const env = { ...client.env, PATH: `${dirname(programUnderTest())}:${process.env['PATH']}` };
    await signetProcess({ path: client.path, env }, ['hooks', 'install', '--', ...trusted()]);
    const stopped = await client.gitMeanwhile({ env }, 'push', 'origin', `${bob}:refs/heads/main`);
    expect([stopped.exit, stopped.err]).toEqual([
      1,
      expect.stringContaining('ignored what this repository sets: signet.policy'),
    ]);
    expect(stopped.err).toContain('nothing was pushed');
    await signetProcess({ path: client.path, env }, ['hooks', 'remove']);
    home().must('-C', bare, 'config', 'signet.policy', file);
    const taken = await push(`${bob}:refs/heads/main`);
    expect([taken.exit, taken.err]).toEqual([0, expect.not.stringContaining('ignored')]);
    // a person who judges in that directory is no hook
    const judged = await signetProcess(there, ['verify', ...trusted(), bob]);
    expect([judged.exit, judged.talk]).toEqual([2, expect.stringContaining('git signet allow')]);
  });

  it.each([
    ['nothing to do', []],
    ['both', ['install', '--pre-push', '--pre-receive']],
    ['an option that is not there', ['install', '--', '--policy-form', 'x']],
    ['a word too many', ['install', '--', 'main']],
    ['an unknown hook', ['run', 'post-receive']],
  ])('%s ends with 2 (F3)', async (_, args) => {
    expect((await signetProcess(home(), ['hooks', ...args])).exit).toBe(2);
  });
});
