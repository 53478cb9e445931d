/** Release tags under a policy: who may tag what, and what the tag leads to. */

import { describe, expect, it } from 'vitest';
import { openPgpPerson, policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { resultsOf, signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const bob = { email: 'bob@example.test' };

function scene(name: string) {
  const made = policyScene(name, sandbox());
  const tags = async (path: string, ...args: string[]) => {
    const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline', '--format', 'jsonl'];
    const answered = await signet(made.repository, [
      'verify-tag',
      ...trust,
      '--policy',
      path,
      ...args,
    ]);
    const results = answered.exit === 2 ? [] : resultsOf(answered);
    const said = results.map(({ objectType, code, status }) => `${objectType} ${code ?? status}`);
    return { ...answered, said, results };
  };
  return { ...made, tags };
}

describe('verify-tag under a policy', () => {
  it('a tag is judged by the rules for tags, and its target by those for commits (G08)', async () => {
    const { commit, tag, policy, file, tags, bob: line } = scene('tag-rules');
    const root = await commit({});
    await tag('v1', root);
    await tag('v2', root, bob);
    await tag('nightly', root, bob);
    const side = await commit({ by: bob });
    await tag('v3', side);
    const text = "tags: [{names: ['v*'], by: [alice]}]\ncommits: [{by: [alice]}]\n";
    const path = file(policy(text, line));
    expect(await tags(path, 'v1')).toMatchObject({
      exit: 0,
      said: ['tag verified', 'commit verified'],
    });
    expect(await tags(path, 'v2')).toMatchObject({
      exit: 6,
      said: ['tag role-not-allowed', 'commit verified'],
    });
    expect(await tags(path, 'nightly')).toMatchObject({ exit: 0 });
    expect(await tags(path, 'v3')).toMatchObject({
      exit: 6,
      said: ['tag verified', 'commit role-not-allowed'],
    });
    expect(await tags(path, '--no-target', 'v3')).toMatchObject({
      exit: 0,
      said: ['tag verified'],
    });
    expect(
      (
        await signet((await scene('x')).repository, [
          'verify-tag',
          '--policy-from',
          'parents',
          'v1',
        ])
      ).exit,
    ).toBe(2);
  });

  it('a tag by a pinned key is verified, and a forged one is refused (P08)', async () => {
    const { commit, tag, policy, file, tags } = scene('tag-keys');
    const root = await commit({});
    const [pinned, forged] = [await openPgpPerson('x'), await openPgpPerson('x')];
    await tag('v1', root, pinned);
    await tag('v2', root, forged);
    const path = file(policy('', `  - name: x\n    openpgp: |\n${pinned.indented}\n`));
    expect(await tags(path, 'v1')).toMatchObject({
      exit: 0,
      said: ['tag verified', 'commit verified'],
    });
    expect(await tags(path, 'v2')).toMatchObject({
      exit: 6,
      said: ['tag key-not-pinned', 'commit verified'],
    });
    expect(await tags(file(policy(), 'keyless.yaml'), 'v1')).toMatchObject({ exit: 3 });
  });

  it('distinct-signers counts the signers of a tag and its target (X11)', async () => {
    const { commit, tag, policy, file, tags, bob: line } = scene('tag-two');
    const root = await commit({});
    await tag('v1', root);
    await tag('v2', root, bob);
    const inner = await tag('inner', root, bob);
    await tag('v3', inner, { email: 'alice@example.test' }, 'tag');
    const path = file(policy("tags: [{names: ['v*'], distinct-signers: 2}]\n", line));
    expect(await tags(path, 'v1')).toMatchObject({
      exit: 6,
      said: ['tag too-few-signers', 'commit verified'],
    });
    expect(await tags(path, 'v2')).toMatchObject({ exit: 0 });
    expect(await tags(path, 'v3')).toMatchObject({ exit: 0 });
    expect(await tags(path, '--no-target', 'v2')).toMatchObject({ exit: 6 });
  });

  it('a tagged merge that adds content is refused (X11)', async () => {
    const { commit, tag, policy, file, tags } = scene('tag-merge');
    const root = await commit({});
    const hidden = await commit({ parents: [root], by: 'nobody' });
    const merge = await commit({ parents: [await commit({ parents: [root] }), hidden] });
    await tag('v1', merge);
    expect((await tags(file(policy('commits: [{merges: passing}]\n')), 'v1')).said).toEqual([
      ...['tag verified', 'commit merge-parent-not-verified'],
    ]);
    expect((await tags(file(policy()), 'v1')).exit).toBe(0);
  });

  it('a version tag on top of a later version is noted', async () => {
    const { commit, tag, policy, file, tags } = scene('tag-versions');
    const root = await commit({});
    await tag('v1.10', root);
    const next = await commit({ parents: [root] });
    await tag('v1.9', next);
    await tag('v1.11', next);
    await tag('other-1', next);
    const path = file(policy());
    const notes = async (name: string) => {
      const { exit, results } = await tags(path, name);
      return [exit, results[0]?.findings?.map(({ code, detail }) => `${code}: ${detail}`)];
    };
    expect(await notes('v1.9')).toEqual([
      0,
      ['tag-version-not-newer: v1.9 is made on top of v1.10, which is a later version'],
    ]);
    expect(await notes('v1.11')).toEqual([0, undefined]);
    expect(await notes('other-1')).toEqual([0, undefined]);
  });
});
