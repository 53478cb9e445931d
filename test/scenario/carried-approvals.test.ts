/** Commits of a forge under rules that also ask for approvals, for several signers, or for statements. */

import { describe, expect, it } from 'vitest';
import { MAIN, withApprovals } from '../support/approval-scene.ts';
import { carriedForge } from '../support/carried-forge.ts';
import { useSandbox } from '../support/sandbox.ts';
import { resultsOf, signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const FEW = 'too-few-approvals';
const GOOD = 'verified alice';
const CARRIED = 'carried: {how: [squash, rebase, merge]}';
const RULE = `${CARRIED}, approvals: {count: 1, by: [bob, carol], not: author}`;
const BOB = { by: { email: 'bob@example.test' } };

async function start(name: string) {
  const forge = carriedForge(name, sandbox());
  const scene = { ...forge, ...withApprovals(forge, sandbox()) };
  const { signer, work, file, policy } = scene;
  const people = signer('bob') + signer('bob', 'bob@home.example.test') + signer('carol');
  let count = 0;
  const rules = (rule: string, more = '', signers = people): string => {
    count += 1;
    return file(policy(`commits: [{refs: [${MAIN}], ${rule}}]\n${more}`, signers), `${count}.yaml`);
  };
  const base = await work(undefined, { a: 'a\n', b: 'b\n' });
  const one = await work(base, { c: 'c\n' });
  /** main after another change landed. */
  const main = await work(base, { b: 'b\nb\n' });
  return { ...scene, rules, base, one, main };
}

describe('a carried commit that needs approvals', () => {
  it('a squash on a base that moved passes with an approved head, and not without (B8, J4)', async () => {
    const { rules, landed, work, squash, pull, approve, base, one, main } = await start('squash');
    const head = await work(one, { d: 'd\n' });
    pull(7, head);
    const tip = await squash(main, head, 'Add c and d (#7)');
    const range = `${main}..${tip}`;
    expect(await landed(rules(RULE), range)).toBe(FEW);
    await approve(head, { base: main });
    await approve(head, { base: one });
    await approve(head, { base, ref: 'refs/heads/dev' });
    await approve(one, { base });
    await approve(head, { base, by: 'alice@example.test' });
    expect(await landed(rules(RULE), range)).toBe(FEW);
    await approve(head, { base });
    expect(await landed(rules(RULE), range)).toBe(GOOD);
    expect(await landed(rules(RULE), tip)).toBe(GOOD);
    const noRule = rules('approvals: {count: 1, by: [bob, carol], not: author}');
    expect(await landed(noRule, range)).toBe('unsigned');
  });

  it('each commit of a rebased run, and a merge of the forge, pass with an approved head (B6, B7)', async () => {
    const { rules, verify, work, rebase, merge, pull, approve, base, one, main, landed } =
      await start('ways');
    const head = await work(one, { d: 'd\n' });
    pull(7, head);
    const [first = '', second = ''] = rebase(main, head);
    const merged = await merge(main, head, 'Merge pull request #7');
    const file = rules(RULE);
    const run = async () => {
      const { said } = await verify('--policy', file, '--ref', MAIN, `${main}..${second}`);
      return [said.get(first), said.get(second)];
    };
    expect(await run()).toEqual([FEW, FEW]);
    expect(await landed(file, `${main}..${merged}`)).toBe(FEW);
    await approve(head, { base });
    expect(await run()).toEqual([GOOD, GOOD]);
    expect(await landed(file, `${main}..${merged}`)).toBe(GOOD);
  });

  it('a signer of a carried commit may not approve it, even with a second account (B9)', async () => {
    const { rules, landed, commit, squash, merge, pull, approve, base, one, main, treeWith } =
      await start('author');
    // only the signature tells that bob made it
    const hidden = { author: 'x@x.test', committer: 'x@x.test' };
    const tree = treeWith(one, { d: 'd\n' });
    const head = await commit({ parents: [one], tree, ...BOB, ...hidden });
    pull(7, head);
    const tips = [await squash(main, head, 'Add it (#7)'), await merge(main, head, 'Merge it')];
    const file = rules(RULE);
    const both = () => Promise.all(tips.map((tip) => landed(file, `${main}..${tip}`)));
    await approve(head, { base, by: 'bob@home.example.test' });
    await approve(tips[0] ?? '', { base: main, by: 'bob@home.example.test' });
    expect(await both()).toEqual([FEW, FEW]);
    await approve(head, { base, by: 'carol@example.test' });
    expect(await both()).toEqual(['verified alice, bob', 'verified alice, bob']);
  });

  it('the approval of a revoked approver does not count for a carried commit (B11)', async () => {
    const { rules, landed, squash, pull, approve, base, one, main, issuer } =
      await start('revoked');
    pull(7, one);
    const range = `${main}..${await squash(main, one, 'Add c (#7)')}`;
    await approve(one, { base });
    expect(await landed(rules(RULE), range)).toBe(GOOD);
    const gone = `revoked: [{identity: bob@example.test, issuer: '${issuer}', reason: stolen}]\n`;
    expect(await landed(rules(RULE, gone), range)).toBe(FEW);
    await approve(one, { base, by: 'carol@example.test' });
    expect(await landed(rules(RULE, gone), range)).toBe(GOOD);
  });

  it('an abandoned head that another person lands needs an approval, and is noted (J4)', async () => {
    const { rules, work, squash, pull, approve, base, one, main, verify } = await start('replayed');
    pull(7, one);
    // mallory's request has another number, and its own head is unsigned
    pull(8, await work(main, { c: 'c\n' }, { by: 'nobody' }));
    const tip = await squash(main, one, 'Take it (#8)');
    const file = rules(RULE);
    const said = async (policy: string) => {
      const answered = await verify('--policy', policy, '--ref', MAIN, `${main}..${tip}`);
      const [result] = resultsOf(answered);
      return [answered.said.get(tip), result?.findings?.map(({ code }) => code)];
    };
    const noted = ['carried-head-doubtful'];
    expect(await said(rules(CARRIED))).toEqual([GOOD, noted]);
    expect(await said(file)).toEqual([FEW, [...noted, FEW]]);
    await approve(one, { base });
    expect(await said(file)).toEqual([GOOD, noted]);
  });

  it('an approved head that was taken back and lands again is noted, and its approval counts again (J4)', async () => {
    const { rules, work, squash, pull, approve, base, one, main, verify } = await start('again');
    pull(7, one);
    await approve(one, { base });
    const once = await squash(main, one, 'Add c (#7)');
    const back = await work(once, { c: 'removed' });
    await approve(back, { base: once });
    const again = await squash(back, one, 'Add c (#7)');
    const asked = ['--policy', rules(RULE), '--ref', MAIN, `${main}..${again}`];
    const answered = await verify(...asked);
    const codes = new Map(resultsOf(answered).map((each) => [each.objectId, each.findings]));
    expect([once, back, again].map((id) => answered.said.get(id))).toEqual([GOOD, GOOD, GOOD]);
    expect(codes.get(once)).toBeUndefined();
    expect(codes.get(again)?.map(({ code }) => code)).toEqual(['carried-head-doubtful']);
  });
});

describe('a carried commit that needs several signers', () => {
  it('two signers of what a squash holds are enough, and two accounts of one person are not (J2)', async () => {
    const { rules, landed, work, squash, rebase, pull, one, main, signer, base } =
      await start('signers');
    const file = rules(`${CARRIED}, distinct-signers: 2`);
    const both = await work(one, { d: 'd\n' }, BOB);
    pull(7, both);
    expect(await landed(file, `${main}..${await squash(main, both, 'Both (#7)')}`)).toBe(
      'verified alice, bob',
    );
    // each commit of a rebased run is a landing with one signer
    expect(await landed(file, `${main}..${rebase(main, both).at(-1)}`)).toBe('too-few-signers');
    const first = await work(base, { e: 'e\n' }, BOB);
    const home = { by: { email: 'bob@home.example.test' } };
    const alone = await work(first, { f: 'f\n' }, home);
    pull(8, alone);
    const range = `${main}..${await squash(main, alone, 'Alone (#8)')}`;
    expect(await landed(file, range)).toBe('too-few-signers');
    const apart = signer('bob') + signer('robert', 'bob@home.example.test');
    const two = rules(`${CARRIED}, distinct-signers: 2`, '', apart);
    expect(await landed(two, range)).toBe('verified bob, robert');
  });
});

describe('a carried commit that needs a statement', () => {
  it('a statement about the landed commit counts, and one about its head or their tree does not (Y4)', async () => {
    const { rules, landed, squash, pull, base, one, file, repository, treeOf } =
      await start('statement');
    pull(7, one);
    const tip = await squash(base, one, 'Add c (#7)');
    expect(treeOf(tip)).toBe(treeOf(one));
    const wanted = `attestations: [{type: test-result, refs: [${MAIN}], by: [bob]}]\n`;
    const asking = rules(CARRIED, wanted);
    const said = () => landed(asking, `${base}..${tip}`);
    const predicate = file('{"result":"PASSED","configuration":[]}', 'result.json');
    const attest = async (email: string, ...about: string[]): Promise<void> => {
      const token = await sandbox().mintToken({ email });
      const env = { ...sandbox().env, SIGSTORE_ID_TOKEN: token };
      const args = ['attest', '--type', 'test-result', '--predicate', predicate, ...about];
      const { exit, talk } = await signet(repository, args, { env });
      expect(exit, talk).toBe(0);
    };
    expect(await said()).toBe('attestation-missing');
    await attest('bob@example.test', one);
    await attest('bob@example.test', '--object', 'tree', treeOf(tip));
    await attest('alice@example.test', tip);
    expect(await said()).toBe('attestation-missing');
    await attest('bob@example.test', tip);
    expect(await said()).toBe(GOOD);
  });
});
