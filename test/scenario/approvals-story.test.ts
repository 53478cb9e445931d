/**
 * Two people and a repository that squashes and rebases. alice writes, bob approves, and the server takes nothing that bob
 * did not approve. Approvals come in the same push as the commits.
 */

import { describe, expect, it } from 'vitest';
import { useGatedServer } from '../support/gated-server.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signetProcess } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const { gated } = useGatedServer('approvals', sandbox);
const MAIN = 'refs/heads/main';
const STATEMENTS = 'refs/attestations/*:refs/attestations/*';

async function story(name: string, rule: string, ...options: string[]) {
  const bobs = `  - {name: bob, identity: bob@example.test, issuer: '${sandbox().urls.issuer}'}\n`;
  const server = await gated(name, options, bobs + rule);
  const { client, tree, make, base } = server;
  const approve = async (...args: string[]) => {
    const token = await sandbox().mintToken({ email: 'bob@example.test' });
    const env = { ...client.env, ...sandbox().env, SIGSTORE_ID_TOKEN: token };
    const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
    const asked = ['approve', ...trust, '--for', MAIN, ...args];
    const answered = await signetProcess({ path: client.path, env }, asked);
    expect(answered.exit, answered.talk).toBe(0);
  };
  /** A tree with the policy and one more file. */
  const treeWith = (file: string, text: string, on = tree): string => {
    const blob = client.write('blob', Buffer.from(text));
    const listed = client.must('ls-tree', on);
    const input = Buffer.from(`${listed}\n100644 blob ${blob}\t${file}\n`);
    return client.gitWith({ input }, 'mktree').out.trim();
  };
  const commit = (parent: string, subject: string, on: string): Promise<string> =>
    make.commit({ parents: [parent], subject, tree: on });
  return { ...server, approve, treeWith, commit, base };
}

describe('a server that demands approvals', () => {
  it('a squash and a rebase of what bob approved land, and nothing else does (B1)', async () => {
    const guarded = `[${MAIN}, refs/heads/release]`;
    const rule = `commits: [{refs: ${guarded}, approvals: {count: 1, not: author}}]\n`;
    const { approve, treeWith, commit, base, push, refs, client } = await story('team', rule);
    const one = treeWith('a', '1');
    const two = treeWith('b', '1', one);
    const first = await commit(base, 'first', one);
    client.must('branch', 'topic', await commit(first, 'second', two));
    const squash = await commit(base, 'both (#1)', two);

    const early = await push(`${squash}:${MAIN}`);
    expect(early.exit).not.toBe(0);
    expect(early.err).toContain('0 of 1 required approvals for refs/heads/main');

    expect((await push('topic')).exit).toBe(0);
    const unseen = await push('topic:refs/heads/release');
    expect(unseen.exit).not.toBe(0);
    await approve('topic');
    const taken = await push(`${squash}:${MAIN}`, STATEMENTS);
    expect(taken.exit, taken.err).toBe(0);
    expect(refs()).toContain(`${MAIN} ${squash}`);
    expect(refs()).toContain('refs/attestations/commits ');

    // a second change, from before the squash, is approved and then rebased
    client.must('branch', 'more', await commit(base, 'more', treeWith('c', '1')));
    client.must('update-ref', 'refs/remotes/origin/main', base);
    expect((await push('more')).exit).toBe(0);
    await approve('more');
    const evil = await commit(squash, 'more', treeWith('c', '2', two));
    const refused = await push(`${evil}:${MAIN}`, STATEMENTS);
    expect(refused.exit).not.toBe(0);
    const rebased = await commit(squash, 'more', treeWith('c', '1', two));
    const landed = await push(`${rebased}:${MAIN}`, STATEMENTS);
    expect(landed.exit, landed.err).toBe(0);
    expect(refs()).toContain(`${MAIN} ${rebased}`);

    // approvals are not deleted by a push
    const gone = await push(':refs/attestations/commits');
    expect(gone.exit).not.toBe(0);
  });

  it('an approval for another repository does not count where the server knows its address (B3)', async () => {
    const rule = `commits: [{refs: [${MAIN}], approvals: {count: 1, not: author}}]\n`;
    const here = 'git+https://forge.example.test/acme/app';
    const { approve, treeWith, commit, base, push, client } = await story(
      ...(['fork', rule, '--repository-uri', here] as const),
    );
    const tip = await commit(base, 'one', treeWith('a', '1'));
    client.must('branch', 'topic', tip);
    await approve('--repository-uri', 'git+https://forge.example.test/fork/app', `${base}..topic`);
    const other = await push(`${tip}:${MAIN}`, STATEMENTS);
    expect(other.exit).not.toBe(0);
    expect(other.err).toContain('it is for git+https://forge.example.test/fork/app');
    await approve('--repository-uri', here, `${base}..topic`);
    const taken = await push(`${tip}:${MAIN}`, STATEMENTS);
    expect(taken.exit, taken.err).toBe(0);
  });
});
