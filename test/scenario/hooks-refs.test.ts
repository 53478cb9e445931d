/** Which commits a server has judged before: refs that the server makes by itself, and an altered object store. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alterations } from '../support/altered-store.ts';
import { treeOf, useGatedServer } from '../support/gated-server.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signetProcess } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const { gated, policyFor, home } = useGatedServer('hooks-refs', sandbox);

/** A server that holds an unsigned commit under a ref of its own, made without the hook. */
async function held(name: string, ref: string, options: readonly string[] = []) {
  const scene = await gated(name, options);
  const { bare, client, make, tree, base } = scene;
  const unsigned = make.unsigned({ tree, parents: [base], subject: 'of a fork' });
  client.must(
    'push',
    '-q',
    `--receive-pack=git -c core.hooksPath=/dev/null receive-pack`,
    bare,
    `${unsigned}:${ref}`,
  );
  expect(scene.refs()).toContain(`${ref} ${unsigned}`);
  const above = await make.commit({ tree, parents: [unsigned], subject: 'above' });
  return { ...scene, unsigned, above };
}

describe('refs that a server makes without its hook', () => {
  it.each([
    'refs/pull/1/head',
    'refs/merge-requests/1/head',
    'refs/keep-around/1',
    'refs/changes/01/1/1',
    'refs/remotes/mirror/topic',
    'refs/notes/topic',
  ])('%s: what only it holds was not judged (P19)', async (ref) => {
    const { push, refs, unsigned, above } = await held(ref.replaceAll('/', '-'), ref);
    const same = await push(`${unsigned}:refs/heads/same`);
    expect(same.exit).not.toBe(0);
    expect(same.err).toMatch(/remote: unsigned {4}\w{7} {2}–\s+of a fork/);
    const onTop = await push(`${above}:refs/heads/top`);
    expect(onTop.exit).not.toBe(0);
    expect(onTop.err).toMatch(/remote: unsigned {4}\w{7} {2}–\s+of a fork/);
    expect(refs()).not.toContain('refs/heads/top');
  });

  it('branches and tags that are there count, and so does what the hook’s owner vouches for (P19)', async () => {
    const vouched = ['--judged-refs', 'refs/releases/', '--judged-refs', 'refs/more/'];
    const { push, above, make, base, refs } = await held('vouched', 'refs/releases/1', vouched);
    const taken = await push(`${above}:refs/heads/top`);
    expect(taken.exit, taken.err).toBe(0);
    expect((await push(`${await make.tag(base, 'commit', 'v1')}:refs/tags/v1`)).exit).toBe(0);
    expect((await push(`${above}:refs/heads/again`, `${base}:refs/heads/base`)).exit).toBe(0);
    expect(refs()).toContain(`refs/heads/again ${above}`);
  });

  it('what only a tag leads to was judged with the tag (P19)', async () => {
    const { push, bare, make, tree, base } = await gated('by-tag');
    const release = await make.commit({ tree, parents: [base], subject: 'release' });
    const tag = await make.tag(release, 'commit', 'v1');
    expect((await push(`${tag}:refs/tags/v1`)).exit).toBe(0);
    const taken = await push(`${release}:refs/heads/release`);
    expect(taken.exit, taken.err).toBe(0);
    // nothing was new, so nothing was said
    expect(taken.err).not.toContain('new commit');
    expect(home().must('-C', bare, 'rev-parse', 'release')).toBe(release);
  });

  it.each(['refs/heads', 'refs/pull/*/', 'pull/', 'refs/', ''])(
    'a prefix must be one: %j is exit 2 when the hook is installed (P19)',
    async (prefix) => {
      const installed = await signetProcess(home(), [
        'hooks',
        'install',
        '--',
        '--judged-refs',
        prefix,
      ]);
      expect(installed.exit).toBe(2);
      expect(installed.talk).toContain('expected a prefix such as refs/releases/');
    },
  );
});

describe('a server with an altered object store', () => {
  const store = ({ bare, client }: { bare: string; client: Parameters<typeof alterations>[0] }) =>
    alterations(client, join(bare, 'objects'));

  it('a new branch is not known because an altered commit of another leads to it (P17)', async () => {
    const scene = await gated('new-branch');
    const { push, make, tree, base, refs } = scene;
    const mid = await make.commit({ tree, parents: [base], subject: 'mid' });
    const top = await make.commit({ tree, parents: [mid], subject: 'top' });
    expect((await push(`${top}:refs/heads/main`)).exit).toBe(0);
    const unsigned = make.unsigned({ tree, subject: 'unsigned' });
    store(scene).claimParents(mid, [base, unsigned]);
    const refused = await push(`${unsigned}:refs/heads/new`);
    expect(refused.exit).not.toBe(0);
    expect(refused.err).toContain(`${mid}: the object store holds`);
    expect(refs()).not.toContain('refs/heads/new');
  });

  it('a new branch is not known because an altered tag leads to it (P17)', async () => {
    const scene = await gated('new-by-tag');
    const { push, make, tree, base, refs } = scene;
    const release = await make.commit({ tree, parents: [base], subject: 'release' });
    const tag = await make.tag(release, 'commit', 'v1');
    expect((await push(`${tag}:refs/tags/v1`)).exit).toBe(0);
    const unsigned = make.unsigned({ tree, subject: 'unsigned' });
    store(scene).edit('tag', tag, (text) => text.replace(release, unsigned));
    const refused = await push(`${unsigned}:refs/heads/new`);
    expect(refused.exit).not.toBe(0);
    expect(refs()).not.toContain('refs/heads/new');
  });

  it('commits are not taken back because an altered one claims to stand on them (P16 P17)', async () => {
    const scene = await gated('rollback');
    const { push, client, make, tree, base, refs } = scene;
    const wider = treeOf(client, policyFor('alice@example.test', 'bob@example.test'));
    const now = await make.commit({ tree: wider, parents: [base] });
    expect((await push(`${now}:refs/heads/main`)).exit).toBe(0);
    const back = await make.commit({ tree, parents: [base], subject: 'back' });
    store(scene).claimParents(base, [now]);
    const refused = await push('--force', `${back}:refs/heads/main`);
    expect(refused.exit).not.toBe(0);
    expect(refused.err).toContain(base);
    expect(refs()).toContain(`refs/heads/main ${now}`);
  });

  it('the policy of the default branch is read by hash (P04 P17)', async () => {
    const scene = await gated('default-policy');
    const { push, client, make, tree, base } = scene;
    const blob = client.must('rev-parse', `${base}:.signet.yaml`);
    const bobs = await make.commit({ tree, parents: [base] }, { email: 'bob@example.test' });
    expect((await push(`${bobs}:refs/heads/bob`)).err).toContain('is not listed in');
    store(scene).replace('blob', blob, policyFor('alice@example.test', 'bob@example.test'));
    const refused = await push(`${bobs}:refs/heads/bob`);
    expect(refused.exit).not.toBe(0);
    expect(refused.err).toContain(`${blob}: the object store holds`);
  });
});

describe('refs/attestations', () => {
  it('takes commits without a signature, which no branch may hold, and loses none of them (P19)', async () => {
    const { push, make, tree, base, refs } = await gated('attestations');
    const ref = 'refs/attestations/commits';
    const first = make.unsigned({ tree, subject: 'one statement' });
    const second = make.unsigned({ tree, parents: [first], subject: 'two statements' });
    for (const commit of [first, second]) {
      const ran = await push(`${commit}:${ref}`);
      expect(ran.exit, ran.err).toBe(0);
    }
    for (const bad of [
      `+${first}:${ref}`,
      `+${base}:${ref}`,
      `:${ref}`,
      `${second}:refs/heads/x`,
    ]) {
      expect((await push(bad)).exit, bad).not.toBe(0);
    }
    expect(refs()).toContain(`${ref} ${second}`);
    expect(refs()).not.toContain('refs/heads/x');
  });
});
