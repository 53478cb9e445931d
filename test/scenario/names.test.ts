/** A name means one thing, or it is refused: a tag beside a branch, in every command and every place that takes a name. */

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { findProgram } from '../support/tools.ts';
import { type Answered, resultsOf, signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();

/** main ← topic, unsigned, beside a signed tag `topic` that leads to main. */
async function twins(name: string) {
  const scene = policyScene(name, sandbox());
  const { commit, policy, branch, repository, tag, file } = scene;
  const main = branch('main', await commit({ files: { '.signet.yaml': policy() } }));
  const unsigned = branch('topic', await commit({ parents: [main], by: 'nobody' }));
  await tag('topic', main);
  branch('other', await commit({ parents: [main], files: { '.signet.yaml': policy() } }));
  repository.must('symbolic-ref', 'HEAD', 'refs/heads/other');
  const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
  const who = ['--policy', file(policy())];
  const ask = (args: readonly string[], input?: string): Promise<Answered> =>
    signet(repository, args, input === undefined ? {} : { input });
  return { ...scene, main, unsigned, trust, who, ask };
}

describe('a tag beside a branch of the same name', () => {
  it('a name of a tag and a branch is refused by every command (P18)', async () => {
    const { ask, trust, who, repository } = await twins('every-command');
    const verify = ['verify', ...trust, ...who];
    const from = ['verify', ...trust];
    const calls: readonly (readonly [readonly string[], string?])[] = [
      [[...verify, 'topic']],
      [[...verify, 'topic~0']],
      [[...verify, 'topic^{commit}']],
      [[...verify, 'topic@{0}']],
      [[...verify, 'heads/topic', 'topic']],
      [[...verify, 'main..topic']],
      [[...verify, 'topic..other']],
      [[...verify, 'topic...other']],
      [[...verify, 'topic..']],
      [[...verify, '--stdin'], 'main\ntopic\n'],
      [[...verify, '--since', 'topic', 'main..other']],
      [[...from, '--policy-from', 'topic', 'main..other']],
      [[...from, '--policy-from', 'parents', '--since', 'topic', 'other']],
      [['verify-tag', ...trust, ...who, 'topic']],
      [['verify-archive', ...trust, ...who, 'topic', 'a.tar']],
      [['show', 'topic']],
      [['policy', 'explain', ...trust, ...who, 'topic']],
      [['policy', 'init', 'topic']],
      [['resign', '--dry-run', 'topic..other']],
      [['resign', '--dry-run', 'main..topic']],
    ];
    for (const [args, input] of calls) {
      const { exit, out, talk } = await ask(args, input);
      expect({ exit, out }, args.join(' ')).toEqual({ exit: 2, out: '' });
      expect(talk, args.join(' ')).toContain('refs/tags/topic and refs/heads/topic');
      expect(talk).toContain('use the full name: refs/heads/topic');
    }
    repository.must('config', '--global', 'signet.since', 'topic');
    expect((await ask([...verify, 'main..other'])).talk).toContain('refs/tags/topic and');
  });

  it('full names of a tag and a branch are both accepted, and each answer names its ref (P18)', async () => {
    const { ask, trust, who, main, unsigned } = await twins('written-out');
    const verify = (...args: string[]) =>
      ask(['verify', ...trust, ...who, '--format', 'jsonl', ...args]);
    for (const [name, ref, id, exit] of [
      ['refs/heads/topic', 'refs/heads/topic', unsigned, 5],
      ['heads/topic', 'refs/heads/topic', unsigned, 5],
      ['refs/tags/topic', 'refs/tags/topic', main, 0],
      ['tags/topic', 'refs/tags/topic', main, 0],
    ] as const) {
      const answered = await verify(name);
      expect(answered.exit, name).toBe(exit);
      expect(resultsOf(answered)).toMatchObject([{ objectId: id, ref }]);
    }
    expect((await verify('refs/tags/topic..refs/heads/topic')).exit).toBe(5);
    expect((await ask(['verify-tag', ...trust, ...who, 'refs/tags/topic'])).exit).toBe(0);
    // full hashes stand for themselves
    const [exact] = resultsOf(await verify(unsigned));
    expect(exact).toMatchObject({ objectId: unsigned, status: 'unsigned' });
    expect(exact).not.toHaveProperty('ref');
  });

  it("a branch with the name of a remote's branch, or of a remote, is refused (P18)", async () => {
    const { ask, trust, who, repository, main, unsigned } = await twins('remotes');
    repository.must('update-ref', 'refs/remotes/origin/main', main);
    repository.must('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main');
    const verify = async (name: string) => (await ask(['verify', ...trust, ...who, name])).exit;
    expect([await verify('origin/main'), await verify('origin')]).toEqual([0, 0]);
    repository.must('update-ref', 'refs/heads/origin/main', unsigned);
    repository.must('update-ref', 'refs/heads/origin-', unsigned);
    expect([await verify('origin/main'), await verify('origin')]).toEqual([2, 0]);
    repository.must('update-ref', 'refs/tags/origin', unsigned);
    expect(await verify('origin')).toBe(2);
  });
});

describe('plain names that mean one thing', () => {
  it('everyday names are accepted without a warning (P18)', async () => {
    const { ask, trust, who, repository, main, branch, tag, commit, policy } =
      await twins('everyday');
    const files = { '.signet.yaml': policy() };
    const good = branch('good', await commit({ parents: [main], subject: 'good one', files }));
    repository.must('update-ref', 'refs/remotes/origin/good', good);
    repository.must('symbolic-ref', 'HEAD', 'refs/heads/good');
    repository.must('update-ref', 'refs/heads/user@team', good);
    repository.must('update-ref', 'refs/heads/feed', good);
    const annotated = await tag('v1', good);
    await tag('v1-of-tag', annotated, undefined, 'tag');
    for (const [name, ref, id] of [
      ['HEAD', 'HEAD', good],
      ['@', '@', good],
      ['good', 'refs/heads/good', good],
      ['origin/good', 'refs/remotes/origin/good', good],
      ['v1', 'refs/tags/v1', good],
      ['v1-of-tag', 'refs/tags/v1-of-tag', good],
      ['user@team', 'refs/heads/user@team', good],
      ['feed', 'refs/heads/feed', good],
      ['HEAD~1', 'HEAD~1', main],
      ['@^', '@^', main],
      ['good~', 'good~', main],
      ['v1^{}', 'v1^{}', good],
      ['v1^{commit}~1', 'v1^{commit}~1', main],
      ['v1-of-tag^0', 'v1-of-tag^0', good],
      [':/good one', ':/good one', good],
      [good.slice(0, 10), good.slice(0, 10), good],
    ] as const) {
      const answered = await ask(['verify', ...trust, ...who, '--format', 'jsonl', name]);
      expect({ exit: answered.exit, talk: answered.talk }, name).toEqual({ exit: 0, talk: '' });
      expect(resultsOf(answered), name).toMatchObject([{ objectId: id, ref }]);
    }
    for (const name of ['nowhere', 'good~9', 'good^2', 'HEAD:nothing', '1234', '-x']) {
      const args = ['verify', ...trust, ...who, '--end-of-options', name];
      expect((await ask(args)).talk, name).toContain('no such commit');
    }
  });

  it('a file beside HEAD with the name of a branch is not taken for the branch (P18)', async () => {
    const { ask, trust, who, repository, main, branch, commit } = await twins('root-ref');
    const unsigned = branch('plain', await commit({ parents: [main], by: 'nobody' }));
    writeFileSync(join(repository.path, '.git/plain'), `${main}\n`);
    const answered = await ask(['verify', ...trust, ...who, '--format', 'jsonl', 'plain']);
    expect(answered.exit).toBe(5);
    expect(resultsOf(answered)).toMatchObject([{ objectId: unsigned, ref: 'refs/heads/plain' }]);
  });

  it('a thousand names on standard input are a few questions to git (P18)', async () => {
    const { trust, who, repository, main } = await twins('many');
    const names = Array.from({ length: 1000 }, (_, index) => `many/${index}`);
    const updates = names.map((name) => `create refs/heads/${name} ${main}\n`).join('');
    repository.gitWith({ input: Buffer.from(updates) }, 'update-ref', '--stdin');
    const bin = join(repository.home, 'bin');
    const counted = join(repository.home, 'counted');
    mkdirSync(bin);
    const git = findProgram('git', repository.env) ?? '';
    writeFileSync(join(bin, 'git'), `#!/bin/sh\necho x >> '${counted}'\nexec '${git}' "$@"\n`);
    chmodSync(join(bin, 'git'), 0o755);
    const env = { PATH: `${bin}${delimiter}${repository.env['PATH']}` };
    const questions = async (input: string): Promise<number> => {
      writeFileSync(counted, '');
      const args = ['verify', ...trust, ...who, '--format', 'jsonl', '--stdin'];
      const answered = await signet(repository, args, { input, env });
      expect(answered.exit, answered.talk).toBe(0);
      return readFileSync(counted, 'utf8').split('\n').length - 1;
    };
    const [one, thousand] = [await questions('main\n'), await questions(`${names.join('\n')}\n`)];
    expect(thousand).toBe(one);
  });
});
