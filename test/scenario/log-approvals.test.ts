/** `log` under a policy with `approvals` or `carried`: who approved a commit, and whose commits it carries. */

import { describe, expect, it } from 'vitest';
import { approvalScene, MAIN } from '../support/approval-scene.ts';
import { carriedForge } from '../support/carried-forge.ts';
import type { ScratchRepository } from '../support/git-repository.ts';
import { useSandbox } from '../support/sandbox.ts';
import { resultsOf, signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();

/** The lines of `--oneline`, without hashes, by subject. */
async function lines(
  repository: ScratchRepository,
  policy: string,
  ...args: string[]
): Promise<readonly string[]> {
  const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
  const asked = ['log', '--oneline', ...trust, '--policy', policy, ...args];
  const { out, talk, exit } = await signet(repository, asked);
  expect(exit, talk).toBe(0);
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replace(/ [0-9a-f]{7,} /, ' ').replace(/ +/g, ' '));
}

async function approved(name: string) {
  const scene = approvalScene(name, sandbox());
  const { commit } = scene;
  const base = await commit({ subject: 'base', files: { a: '1' } });
  const first = await commit({ parents: [base], subject: 'first', files: { a: '2' } });
  const head = await commit({ parents: [first], subject: 'head', files: { a: '3' } });
  return { ...scene, base, first, head };
}

describe('log with approvals', () => {
  it('log names who approved a commit, and keeps the mark of one without an approval', async () => {
    const { repository, base, head, approve, asking } = await approved('log-plain');
    const rules = asking('count: 1, by: [bob, carol], not: author');
    await approve(head, { base });
    await approve(head, { base, by: 'carol@example.test' });
    const [top, middle] = await lines(repository, rules, '--ref', MAIN, head);
    expect(top).toMatch(/^\S alice \(approved by (?:bob, carol|carol, bob)\) head$/);
    expect(middle).toMatch(/^\S alice first$/);
    expect(await lines(repository, asking(''), '--ref', MAIN, head)).toContain(
      `${middle?.split(' ')[0]} alice head`,
    );
  });

  it('an approval of another ref, by an author or of an amended commit is not shown by log (B3, B5, B9)', async () => {
    const { repository, base, first, head, approve, asking, commit } = await approved('log-none');
    const rules = asking('count: 1, by: [bob, alice], not: author');
    const amended = await commit({ parents: [first], subject: 'amended', files: { a: '3' } });
    await approve(head, { base, ref: 'refs/heads/dev' });
    await approve(head, { base, by: 'alice@example.test' });
    await approve(head, { base, by: 'carol@example.test' });
    for (const args of [['--ref', MAIN], []])
      expect((await lines(repository, rules, ...args, head)).join()).not.toContain('approved');
    await approve(head, { base });
    for (const args of [['--ref', MAIN], []])
      expect((await lines(repository, rules, ...args, head))[0]).toContain('(approved by bob)');
    expect((await lines(repository, rules, '--ref', MAIN, amended)).join()).not.toContain(
      'approved',
    );
    expect((await lines(repository, rules, '--ref', 'refs/heads/dev', head)).join()).not.toContain(
      'approved',
    );
  });

  it('json and the longer formats of log tell the same as verify', async () => {
    const { repository, base, head, approve, asking, verify } = await approved('log-json');
    const rules = asking('count: 1, by: [bob]');
    await approve(head, { base });
    const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline', '--policy', rules];
    const asked = ['log', '-1', '--ref', MAIN, ...trust];
    const [told] = resultsOf(await signet(repository, [...asked, '--json', head]));
    const [judged] = resultsOf(await verify('--policy', rules, '--ref', MAIN, head));
    expect(told?.approvals).toHaveLength(1);
    expect(told?.approvals).toEqual(judged?.approvals);
    const { out } = await signet(repository, [...asked, head]);
    expect(out).toMatch(/^Signed: \S alice \(alice@example\.test.*\); approved by bob$/m);
  });
});

describe('log with carried commits', () => {
  it('a squashed commit shows the signers that it is carried from, and one with another byte stays unsigned (J1)', async () => {
    const forge = carriedForge('log-carried', sandbox());
    const { repository, work, squash, forged, treeWith, pull } = forge;
    const base = await work(undefined, { a: '1' }, { subject: 'base' });
    const head = await work(base, { b: '2' }, { subject: 'work' });
    pull(7, head);
    const landed = await squash(base, head, 'both (#7)');
    const tree = treeWith(landed, { b: '3' });
    const other = await forged({ parents: [base], tree }, 'other (#7)');
    const rules = (how: string): string =>
      forge.file(forge.policy(`commits: [{carried: {how: [${how}]}}]\n`), `${how}.yaml`);
    const top = async (id: string, how: string): Promise<string> =>
      (await lines(repository, rules(how), id))[0] ?? '';
    expect(await top(landed, 'squash')).toMatch(/^\S alice \(carried\) both \(#7\)$/);
    expect(await top(other, 'squash')).toMatch(/^\S unsigned other \(#7\)$/);
    expect(await top(landed, 'rebase')).toMatch(/^\S unsigned both \(#7\)$/);
  });
});
