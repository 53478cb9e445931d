/** `--format vsa`: the statement names the repository and its refs as git knows them, and a consumer accepts it. */

import { describe, expect, it } from 'vitest';
import { policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { sourceVsaFaults } from '../support/source-vsa-consumer.ts';
import { signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const HTTPS = 'https://git.example.test/team/parser';

/** One signed commit, and `remote ADDRESS` sets where it comes from, as a clone would. */
async function scene(name: string) {
  const made = policyScene(name, sandbox());
  const { repository, commit, policy, file } = made;
  const id = await commit({});
  const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
  const who = ['--policy', file(policy())];
  const remote = (address: string, called = 'origin'): void => {
    repository.must('remote', 'add', called, address);
  };
  const track = (ref: string, to = id): void => {
    repository.must('update-ref', `refs/remotes/${ref}`, to);
  };
  const ask = (...args: string[]) =>
    signet(repository, ['verify', ...trust, ...who, '--format', 'vsa', ...args]);
  const refsOf = async (...args: string[]): Promise<readonly string[]> => {
    const { out } = await ask(...args, id);
    return JSON.parse(out).subject[0].annotations.sourceRefs;
  };
  return { ...made, id, trust, who, remote, track, ask, refsOf };
}

describe('the repository of a verification summary', () => {
  it.each([
    ['https', HTTPS, `git+${HTTPS}`],
    ['credentials', 'https://alice:s3cret@git.example.test/team/parser', `git+${HTTPS}`],
    ['ssh', 'ssh://git@git.example.test/team/parser', 'git+ssh://git.example.test/team/parser'],
    ['short', 'git@git.example.test:team/parser', 'git+ssh://git.example.test/team/parser'],
  ])('a consumer accepts the statement of a clone by %s', async (kind, address, repository) => {
    const { id, remote, track, ask } = await scene(`vsa-${kind}`);
    remote(address);
    track('origin/main');
    const { exit, out, talk } = await ask(id);
    expect({ exit, talk }).toEqual({ exit: 0, talk: '' });
    expect(out).not.toContain('s3cret');
    const { predicate } = JSON.parse(out);
    const expected = {
      ...{ verifierId: 'urn:git-signet:verifier', commit: id, repository, ref: 'refs/heads/main' },
      ...{ level: 1, policySha256: predicate.policy.digest.sha256 },
    };
    expect(sourceVsaFaults(out, expected)).toEqual([]);
    const other = { ...expected, repository: 'git+https://git.example.test/team/fork' };
    expect(sourceVsaFaults(out, other)).toEqual(['predicate.resourceUri']);
    const branch = { ...expected, ref: 'refs/heads/release' };
    expect(sourceVsaFaults(out, branch)).toEqual(['subject.annotations.sourceRefs']);
  });

  it('a clone of a folder, no remote, and two remotes are asked for the URI, and print nothing', async () => {
    const { id, remote, ask, repository } = await scene('vsa-unnamed');
    const refused = async (why: string) => {
      const { exit, out, talk } = await ask(id);
      expect({ exit, out }).toEqual({ exit: 2, out: '' });
      expect(talk).toContain(why);
      expect(talk).toContain('--repository-uri git+https://HOST/PATH');
    };
    await refused('this repository has no remote');
    remote(`file://${repository.path}`);
    await refused('the remote of this repository has no address on a network');
    repository.must('remote', 'set-url', 'origin', HTTPS);
    remote('https://git.example.test/fork', 'fork');
    await refused('the remotes of this repository have several addresses');
    const { exit, out } = await ask('--repository-uri', `git+${HTTPS}`, id);
    expect([exit, JSON.parse(out).predicate.resourceUri]).toEqual([0, `git+${HTTPS}`]);
  });

  it('a URI that names no repository is refused without its password', async () => {
    const { id, ask, repository, trust, who } = await scene('vsa-bad-uri');
    const { exit, out, talk } = await ask('--repository-uri', 'https://h.test/p?token=s3cret', id);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(talk).toContain('expected git+https://HOST/PATH');
    expect(talk).not.toContain('s3cret');
    const named = ['--repository-uri', `git+${HTTPS}`];
    const text = await signet(repository, ['verify', ...trust, ...who, ...named, id]);
    expect([text.exit, text.talk]).toEqual([2, expect.stringContaining('is for --format vsa')]);
  });
});

describe('the refs of a verification summary', () => {
  it('a branch that only this clone has is not given out as one of the repository', async () => {
    const { remote, track, branch, refsOf, id } = await scene('vsa-refs');
    remote(HTTPS);
    branch('main', id);
    expect(await refsOf()).toEqual([]);
    track('origin/release');
    expect(await refsOf()).toEqual(['refs/heads/release']);
  });

  it('branches of a remote with another address do not count, and ssh and https to one place do', async () => {
    const { remote, track, refsOf } = await scene('vsa-fork');
    remote('git@git.example.test:team/parser.git');
    remote('https://git.example.test/fork', 'fork');
    track('fork/main');
    expect(await refsOf('--repository-uri', HTTPS)).toEqual([]);
    track('origin/main');
    expect(await refsOf('--repository-uri', HTTPS)).toEqual(['refs/heads/main']);
    expect(await refsOf('--repository-uri', 'https://other.example.test/x')).toEqual([]);
  });

  it('a tracking branch that two refspecs fill counts as neither', async () => {
    const { remote, track, refsOf, repository } = await scene('vsa-refspecs');
    remote(HTTPS);
    const pulls = '+refs/pull/*/head:refs/remotes/origin/pr/*';
    repository.must('config', '--add', 'remote.origin.fetch', pulls);
    track('origin/pr/5');
    expect(await refsOf()).toEqual([]);
    track('origin/main');
    expect(await refsOf()).toEqual(['refs/heads/main']);
  });

  it('a repository without remotes has its own branches and tags', async () => {
    const { branch, tag, refsOf, id } = await scene('vsa-server');
    branch('main', id);
    await tag('v1', id);
    const refs = ['refs/heads/main', 'refs/tags/v1'];
    expect(await refsOf('--repository-uri', HTTPS)).toEqual(refs);
  });
});

describe('the result of a verification summary', () => {
  it('a commit that the gate refuses makes a FAILED statement that no consumer accepts', async () => {
    const { commit, remote, track, ask } = await scene('vsa-failed');
    const id = await commit({ by: { email: 'mallory@example.test' } });
    remote(HTTPS);
    track('origin/main', id);
    const { exit, out } = await ask(id);
    const { predicate } = JSON.parse(out);
    expect(exit).toBe(6);
    expect(predicate).toMatchObject({ verificationResult: 'FAILED', verifiedLevels: ['FAILED'] });
    const faults = sourceVsaFaults(out, {
      ...{ verifierId: 'urn:git-signet:verifier', commit: id, repository: `git+${HTTPS}` },
      ...{ ref: 'refs/heads/main', level: 1, policySha256: predicate.policy.digest.sha256 },
    });
    expect(faults).toEqual(['predicate.verificationResult', 'predicate.verifiedLevels']);
  });

  it('the statement of a tag is about the tag and its commit, and never about the tag alone', async () => {
    const { tag, remote, id, repository, trust, who } = await scene('vsa-tag');
    const tagId = await tag('v1', id);
    remote(HTTPS);
    const args = ['verify-tag', ...trust, ...who, '--format', 'vsa'];
    const { exit, out } = await signet(repository, [...args, 'v1']);
    expect(exit).toBe(0);
    const { subject } = JSON.parse(out);
    expect(subject.map((one: { digest: unknown }) => one.digest)).toEqual([
      { gitTag: tagId },
      { gitCommit: id },
    ]);
    for (const { annotations } of subject) expect(annotations.sourceRefs).toEqual(['refs/tags/v1']);
    const alone = await signet(repository, [...args, '--no-target', 'v1']);
    expect([alone.exit, alone.out]).toEqual([2, '']);
  });
});
