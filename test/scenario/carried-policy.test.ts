/** Commits that a forge made, where a policy counts people or is itself changed, and on a server. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { carriedForge } from '../support/carried-forge.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const BOB = { by: { email: 'bob@example.test' } };
const RULES = 'commits: [{carried: {how: [squash, rebase, merge]}}]\nchanges: [alice]\n';

describe('a policy that a squash changes', () => {
  async function start(name: string) {
    const forge = carriedForge(name, sandbox());
    const text = (sequence: number, more = ''): string =>
      forge.policy(`sequence: ${sequence}\n${RULES}${more}`, forge.bob);
    const base = await forge.work(undefined, { '.signet.yaml': text(1), a: 'a' });
    const land = async (head: string, number: number) => {
      forge.pull(number, head);
      return forge.squash(base, head, `Change (#${number})`);
    };
    const said = async (landed: string, from = base) =>
      (await forge.verify('--policy-from', base, `${from}..${landed}`)).said.get(landed);
    return { ...forge, base, text, land, said };
  }

  it('a squash may change the policy only if the signer of that change may (J5)', async () => {
    const { base, text, land, said, work } = await start('changes');
    const byAlice = await land(await work(base, { '.signet.yaml': text(2) }), 1);
    expect(await said(byAlice)).toBe('verified alice');
    const byBob = await land(await work(base, { '.signet.yaml': text(3) }, BOB), 2);
    expect(await said(byBob)).toBe('unsigned');
    const both = await work(await work(base, { a: 'b' }), { '.signet.yaml': text(4) }, BOB);
    expect(await said(await land(both, 3))).toBe('unsigned');
  });

  it('a squash that rolls the policy back, removes it or breaks it does not pass (J5)', async () => {
    const { base, text, land, said, work } = await start('back');
    const same = await land(await work(base, { '.signet.yaml': text(1, '# other\n') }), 1);
    expect(await said(same)).toBe('unsigned');
    expect(await said(await land(await work(base, { '.signet.yaml': 'removed' }), 2))).toBe(
      'unsigned',
    );
    const broken = await work(base, { '.signet.yaml': 'version: 2\n' });
    expect(await said(await land(broken, 3))).toBe('unsigned');
  });

  it('a policy that git merges of two texts is by no signer, and does not pass (J5)', async () => {
    const { base, text, said, work, squash, merge, pull } = await start('merged');
    const long = '#\n'.repeat(20);
    const top = await work(base, { '.signet.yaml': text(2, long) });
    const head = await work(top, { '.signet.yaml': text(3, `${long}# end\n`) });
    const main = await work(top, { '.signet.yaml': `# start\n${text(2, long)}` });
    pull(1, head);
    const squashed = await squash(main, head, 'Change (#1)');
    expect(await said(squashed, main)).toBe('unsigned');
    const merged = await merge(main, head, 'Merge pull request #1');
    expect(await said(merged, main)).toBe('unsigned');
  });

  it('with the policies of the parents, a carried change of the policy counts for later commits (J5)', async () => {
    const { base, text, land, work, verify } = await start('parents');
    const carol = `  - {name: carol, identity: carol@example.test, issuer: '${sandbox().urls.issuer}'}\n`;
    const wider = text(2).replace('signers:\n', `signers:\n${carol}`);
    const byCarol = { by: { email: 'carol@example.test' } };
    const asked = async (landed: string) => {
      const later = await work(landed, { a: 'c' }, byCarol);
      const answered = await verify(
        '--policy-from',
        'parents',
        '--since',
        base,
        `${base}..${later}`,
      );
      return [answered.said.get(landed), answered.said.get(later), answered.exit];
    };
    const good = await land(await work(base, { '.signet.yaml': wider }), 1);
    expect(await asked(good)).toEqual(['verified alice', 'verified carol', 0]);
    const bad = await land(await work(base, { '.signet.yaml': `${wider}# bob\n` }, BOB), 2);
    expect(await asked(bad)).toEqual(['unsigned', 'identity-not-allowed', 6]);
  });
});

describe('what counts people', () => {
  it('distinct-signers counts the signers of what a squash or a merge brings, each person once (J2)', async () => {
    const forge = carriedForge('people', sandbox());
    const { work, pull, squash, merge, verify } = forge;
    const alias = `  - {name: alice, identity: al@example.test, issuer: '${forge.issuer}'}\n`;
    const rule = 'commits: [{distinct-signers: 2, carried: {how: [squash, merge]}}]\n';
    const rules = forge.file(forge.policy(rule, forge.bob + alias));
    const base = await work(undefined, { a: 'a' });
    const one = await work(base, { b: 'b' });
    const two = await work(one, { c: 'c' }, BOB);
    const alone = await work(one, { d: 'd' }, { by: { email: 'al@example.test' } });
    pull(1, two);
    pull(2, alone);
    const said = async (landed: string) =>
      (await verify('--policy', rules, `${base}..${landed}`)).said.get(landed);
    expect(await said(await squash(base, two, 'Both (#1)'))).toBe('verified alice, bob');
    expect(await said(await merge(base, two, 'Both (#1)'))).toBe('verified alice, bob');
    expect(await said(await squash(base, alone, 'Alone (#2)'))).toBe('too-few-signers');
  });
});

describe('on a server', () => {
  it('the hook of a server finds heads among its refs, and refuses a squash without one (J2)', async () => {
    const forge = carriedForge('server', sandbox());
    const { work, squash, repository, policy, bob } = forge;
    const { must, home } = repository;
    const base = await work(undefined, { '.signet.yaml': policy(RULES, bob), a: 'a' });
    const head = await work(base, { b: 'b' });
    const landed = await squash(base, head, 'Add b (#7)');
    const other = await squash(base, await work(base, { c: 'c' }), 'Add c (#8)');
    const bare = join(home, 'bare.git');
    must('init', '-q', '--bare', bare);
    must('push', '-q', bare, `${base}:refs/heads/main`, `${head}:refs/pull/7/head`);
    // as in the quarantine of a push, the new objects are there and no branch holds them
    must('push', '-q', bare, `${landed}:refs/keep-around/1`, `${other}:refs/keep-around/2`);
    const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
    const pushed = (tip: string) =>
      signet({ ...repository, path: bare }, ['hooks', 'run', 'pre-receive', ...trust], {
        input: `${base} ${tip} refs/heads/main\n`,
      });
    expect((await pushed(other)).exit).toBe(5);
    expect((await pushed(landed)).exit).toBe(0);
    must('-C', bare, 'update-ref', '-d', 'refs/pull/7/head');
    expect((await pushed(landed)).exit).toBe(5);
  });
});
