/** Names that mean two things, and rules by ref that are learned on the way: neither is a way around the policy. */

import { describe, expect, it } from 'vitest';
import { policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const bob = { email: 'bob@example.test' };

describe('whose policy, and since when (P04)', () => {
  it('a tag with the name of the base is not taken for it (P04)', async () => {
    const scene = policyScene('twins', sandbox());
    const { commit, policy, branch, verify, repository } = scene;
    const base = branch('main', await commit({ files: { '.signet.yaml': policy() } }));
    repository.must('update-ref', 'refs/remotes/origin/main', base);
    const files = { '.signet.yaml': policy('', scene.bob) };
    const evil = await commit({ parents: [base], by: bob, files });
    branch('pr', await commit({ parents: [evil], by: bob, files }));
    expect((await verify('--policy-from', 'origin/main', 'origin/main..pr')).exit).toBe(6);
    repository.must('update-ref', 'refs/tags/origin/main', evil);
    for (const args of [
      ['--policy-from', 'origin/main', `${base}..pr`],
      ['--policy-from', base, 'origin/main..pr'],
      ['--policy-from', base, '--since', 'origin/main', `${base}..pr`],
    ]) {
      const refused = await verify(...args);
      expect(refused.exit).toBe(2);
      expect(refused.talk).toContain('refs/tags/origin/main and refs/remotes/origin/main');
    }
    const spelled = ['--policy-from', 'refs/remotes/origin/main', 'refs/remotes/origin/main..pr'];
    expect((await verify(...spelled)).exit).toBe(6);
  });

  it('a tag with the name of a shortened hash or a remote is not taken for it (P04, P16)', async () => {
    const scene = policyScene('shortened', sandbox());
    const { commit, policy, branch, verify, repository } = scene;
    const base = branch('main', await commit({ files: { '.signet.yaml': policy() } }));
    repository.must('update-ref', 'refs/remotes/origin/main', base);
    repository.must('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main');
    const files = { '.signet.yaml': policy('', scene.bob) };
    const evil = await commit({ parents: [base], by: bob, files });
    branch('pr', await commit({ parents: [evil], by: bob, files }));
    const short = base.slice(0, 9);
    const described = `v1-1-g${short}`;
    const refused = async (name: string) => {
      for (const args of [
        ['--policy-from', name, `${base}..pr`],
        ['--policy-from', base, `${name}..pr`],
        ['--policy-from', base, '--since', name, `${base}..pr`],
      ]) {
        const { exit, talk } = await verify(...args);
        expect(exit, args.join(' ')).toBe(2);
        expect(talk).toContain('use the full name: refs/');
      }
    };
    for (const name of [short, 'origin', described]) {
      expect((await verify('--policy-from', name, `${name}..pr`)).exit, name).toBe(6);
      repository.must('update-ref', `refs/tags/${name}`, evil);
      await refused(name);
    }
    // a ref that only looks like a hash is one ref
    repository.must('update-ref', 'refs/heads/decade', base);
    expect((await verify('--policy-from', 'decade', 'decade..pr')).exit).toBe(6);
  });

  it('git verify-commit does not take a tag for the policy’s branch of the same name (P04)', async () => {
    const scene = policyScene('twins-git', sandbox());
    const { commit, policy, branch, repository } = scene;
    branch('main', await commit({ files: { '.signet.yaml': policy() } }));
    const evil = await commit({ by: bob, files: { '.signet.yaml': policy('', scene.bob) } });
    const say = (name: string) => {
      const args = ['-c', `signet.policy=${name}:.signet.yaml`, 'log', '-1', '--format=%G?', evil];
      return repository
        .git('-c', `signet.trust=${sandbox().files.trustedRoot}`, ...args)
        .out.trim();
    };
    expect(say('main')).toBe('U');
    repository.must('config', 'core.warnAmbiguousRefs', 'false');
    repository.must('update-ref', 'refs/tags/main', evil);
    expect(say('refs/tags/main')).toBe('G');
    expect(say('main')).not.toBe('G');
    expect(say('refs/heads/main')).toBe('U');
  });

  it("a parent's policy with rules by ref needs the ref too (P04)", async () => {
    const scene = policyScene('later', sandbox());
    const { commit, policy, branch, verify } = scene;
    const root = await commit({ files: { '.signet.yaml': policy('', scene.bob) } });
    const rules = 'commits: [{refs: [refs/heads/main], by: [alice]}]\n';
    const files = { '.signet.yaml': policy(rules, scene.bob) };
    const strict = await commit({ parents: [root], files });
    branch('pr', await commit({ parents: [strict], by: bob, files }));
    const from = ['--policy-from', 'parents', '--since', root];
    expect((await verify(...from, '--ref', 'refs/heads/main', 'pr')).exit).toBe(6);
    const unsaid = await verify(...from, 'pr');
    expect(unsaid.exit).toBe(2);
    expect(unsaid.talk).toContain('add: --ref refs/heads/main');
  });
});
