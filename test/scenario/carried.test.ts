/** Commits that the merge button makes: what carries them, and what does not. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { carriedForge } from '../support/carried-forge.ts';
import { schemaFaults } from '../support/json-schema.ts';
import { type By, openPgpPerson } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { resultsOf, signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const lines = (from: string): string =>
  Array.from({ length: 20 }, (_, index) => `${from} ${index}\n`).join('');

const EVERY_WAY = '{refs: [refs/heads/main], carried: {how: [squash, rebase, merge]}}';

async function start(name: string, rule = EVERY_WAY, signers = '') {
  const forge = carriedForge(name, sandbox());
  const rules = forge.file(forge.policy(`commits: [${rule}]\n`, forge.bob + signers));
  const base = await forge.work(undefined, { a: lines('a'), b: lines('b') });
  const verify = (...args: string[]) =>
    forge.verify('--policy', rules, '--ref', 'refs/heads/main', ...args);
  return { ...forge, base, verify, scene: forge.verify };
}

describe('a squashed commit', () => {
  it('a squash of signed commits passes, and names its head, its commits and its signers (J2)', async () => {
    const { base, work, squash, pull, verify } = await start('squash');
    const one = await work(base, { a: `first\n${lines('a')}` });
    const two = await work(one, { c: 'new' }, { by: { email: 'bob@example.test' } });
    const main = await work(base, { b: `${lines('b')}last\n` });
    pull(7, two);
    const landed = await squash(main, two, 'Add c (#7)');
    const { said, exit, ...answered } = await verify(`${base}..${landed}`);
    expect(said.get(landed)).toBe('verified alice, bob');
    expect(exit).toBe(0);
    const result = resultsOf(answered).find(({ objectId }) => objectId === landed);
    expect(result?.signer).toBeUndefined();
    expect(result?.carried).toMatchObject({
      ...{ how: 'squash', head: two, ref: 'refs/pull/7/head', commits: [one, two] },
      signers: [{ name: 'alice' }, { name: 'bob' }],
    });
    expect(result?.findings).toBeUndefined();
    expect((await verify(landed)).exit).toBe(0);
  });

  it('every report of a carried commit names its head and its signers, and keeps to the schema (J2)', async () => {
    const { base, work, squash, pull, policy, file, repository } = await start('reports');
    const head = await work(base, { c: 'new' });
    pull(7, head);
    const landed = await squash(base, head, 'Add c (#7)');
    const rules = file(policy('commits: [{carried: {how: [squash]}}]\n'), 'rules.yaml');
    const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
    const report = async (format: string, ...asked: string[]): Promise<string> => {
      const all = [...trust, '--policy', rules, '--format', format, ...asked];
      const { exit, out } = await signet(repository, ['verify', ...all]);
      expect(exit, format).toBe(0);
      return out;
    };
    const from = `carried from ${head.slice(0, 7)}`;
    for (const format of ['text', 'html', 'junit', 'github']) {
      const said = await report(format, `${base}..${landed}`);
      expect(said, format).toContain(from);
      expect(said, format).toContain('alice');
    }
    expect(await report('text', landed)).toContain(from);
    const url = new URL('../../schema/verify-result.schema.json', import.meta.url);
    const schema = JSON.parse(readFileSync(url, 'utf8'));
    const result = JSON.parse(await report('jsonl', landed));
    expect(schemaFaults(result, schema.$defs.result, schema)).toEqual([]);
    const { carried: _, ...without } = result;
    expect(schemaFaults({ ...without, carry: 1 }, schema.$defs.result, schema)).not.toEqual([]);
  });

  it('policy explain names the head of a squash, and what a squash without one lacks (J2)', async () => {
    const { base, work, squash, pull, policy, file, repository } = await start('explain');
    const head = await work(base, { c: 'new' });
    const landed = await squash(base, head, 'Add c (#7)');
    const rules = file(policy('commits: [{carried: {how: [squash]}}]\n'), 'rules.yaml');
    const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
    const explain = () =>
      signet(repository, ['policy', 'explain', ...trust, '--policy', rules, landed]);
    expect((await explain()).exit).toBe(5);
    pull(7, head);
    const said = await explain();
    expect(said.exit).toBe(0);
    expect(said.out).toContain('refs/pull/7/head');
  });

  it('a squash passes only if the rule says so, and only while the head is at hand (J2)', async () => {
    const { base, work, squash, pull, verify, policy, file, repository, scene } =
      await start('rule');
    const head = await work(base, { c: 'new' });
    pull(7, head);
    const landed = await squash(base, head, 'Add c (#7)');
    expect((await verify(landed)).exit).toBe(0);
    const others = [
      '{refs: [refs/heads/main]}',
      '{refs: [refs/heads/main], carried: {how: [rebase, merge]}}',
      "{refs: [refs/heads/main], carried: {how: [squash], heads: ['refs/merge-requests/*/head']}}",
      '{refs: [refs/heads/other], carried: {how: [squash]}}',
    ];
    for (const rule of others) {
      const rules = file(policy(`commits: [${rule}]\n`), 'other.yaml');
      const asked = await scene('--policy', rules, '--ref', 'refs/heads/main', landed);
      expect(asked.said.get(landed), rule).toBe('unsigned');
    }
    repository.must('update-ref', '-d', 'refs/pull/7/head');
    const gone = await verify(landed);
    expect([gone.said.get(landed), gone.exit]).toEqual(['unsigned', 5]);
  });

  it.each([
    ['is unsigned', 'nobody'],
    ['is by a stranger', { email: 'mallory@example.test' }],
  ] as const)('a squash of two commits does not pass if one of them %s (J2)', async (_name, by) => {
    const { base, work, squash, pull, verify } = await start('brings');
    const one = await work(base, { c: 'new' }, { by });
    const two = await work(one, { d: 'new' });
    pull(7, two);
    const landed = await squash(base, two, 'Add c and d (#7)');
    const { said, exit } = await verify(`${base}..${landed}`);
    expect([said.get(landed), exit]).toEqual(['unsigned', 5]);
  });

  it('a squash of a commit that was altered after it was signed does not pass (J2)', async () => {
    const { base, commit, squash, pull, verify, treeWith } = await start('altered');
    const tree = treeWith(base, { c: 'new' });
    const head = await commit({ parents: [base], tree, tampered: true });
    pull(7, head);
    const landed = await squash(base, head, 'Add c (#7)');
    expect((await verify(landed)).said.get(landed)).toBe('unsigned');
  });

  it('the rules of the ref judge each commit that a squash brings, not the squash (J2)', async () => {
    const rule =
      '{refs: [refs/heads/main], by: [bob], committer: match, author: match, max-skew: 1h, carried: {how: [squash]}}';
    const { base, work, squash, pull, verify, commit, treeWith, now } = await start('rules', rule);
    const byBob = { by: { email: 'bob@example.test' } };
    const land = async (number: number, head: string) => {
      pull(number, head);
      const landed = await squash(base, head, `Add c (#${number})`);
      return (await verify(landed)).said.get(landed);
    };
    expect(await land(1, await work(base, { c: '1' }, byBob))).toBe('verified bob');
    expect(await land(2, await work(base, { c: '2' }))).toBe('unsigned');
    const other = { parents: [base], tree: treeWith(base, { c: '3' }), ...byBob };
    expect(await land(3, await commit({ ...other, author: 'eve@example.test' }))).toBe('unsigned');
    expect(await land(4, await work(base, { c: '4' }, { ...byBob, date: now - 7200 }))).toBe(
      'unsigned',
    );
  });

  it('a signature that policy entries take back carries nothing (J2)', async () => {
    const { base, work, squash, pull, policy, file, scene, issuer } = await start('revoked');
    const head = await work(base, { c: 'new' });
    pull(7, head);
    const landed = await squash(base, head, 'Add c (#7)');
    const text = `commits: [{carried: {how: [squash]}}]\nchanges: [bob]\nrevoked: [{identity: alice@example.test, issuer: '${issuer}', reason: stolen}]\n`;
    const bob = `  - {name: bob, identity: bob@example.test, issuer: '${issuer}'}\n`;
    const rules = file(policy(text, bob), 'revoked.yaml');
    expect((await scene('--policy', rules, landed)).said.get(landed)).toBe('unsigned');
  });

  it('a merge of main within the head passes if a listed signer signed it and it adds nothing (J2)', async () => {
    const rule = '{refs: [refs/heads/main], merges: clean, carried: {how: [squash]}}';
    const { base, work, squash, merge, pull, verify, commit, treeWith, repository } = await start(
      'update',
      rule,
    );
    const first = await work(base, { a: `first\n${lines('a')}` });
    pull(6, first);
    const main = await squash(base, first, 'Change a (#6)');
    const topic = await work(base, { c: 'new' });
    const update = await merge(topic, main, 'Merge main', { email: 'alice@example.test' });
    pull(7, update);
    const landed = await squash(main, update, 'Add c (#7)');
    const good = await verify(`${base}..${landed}`);
    expect([good.said.get(main), good.said.get(landed), good.exit]).toEqual([
      'verified alice',
      'verified alice',
      0,
    ]);
    repository.must('update-ref', '-d', 'refs/pull/7/head');
    const button = await merge(topic, main, 'Merge main by the button');
    pull(8, button);
    const other = await squash(main, button, 'Add c (#8)');
    expect((await verify(other)).said.get(other)).toBe('unsigned');
    const tree = treeWith(topic, { a: 'evil' });
    const evil = await commit({ parents: [topic, main], tree });
    pull(9, evil);
    const dirty = await squash(main, evil, 'Add c (#9)');
    expect((await verify(dirty)).said.get(dirty)).toBe('unsigned');
  });
});

describe("the signature of the forge's commit", () => {
  it('a wrong signature stays refused, and a signature of a listed signer decides alone (J3)', async () => {
    const rule = '{refs: [refs/heads/main], by: [alice], carried: {how: [squash]}}';
    const { base, work, squash, pull, verify, commit, treeOf } = await start('own', rule);
    const head = await work(base, { c: 'new' });
    pull(7, head);
    const landed = await squash(base, head, 'Add c (#7)', { email: 'mallory@example.test' });
    expect((await verify(landed)).said.get(landed)).toBe('verified alice');
    const byBob = await squash(base, head, 'Add c (#7)', { email: 'bob@example.test' });
    expect((await verify(byBob)).said.get(byBob)).toBe('role-not-allowed');
    const wrong = await commit({
      parents: [base],
      tree: treeOf(head),
      subject: 'Add c (#7)',
      tampered: true,
    });
    expect((await verify(wrong)).said.get(wrong)).toBe('content-digest-differs');
  });

  it('with by, only the named signer may have made the commit (J3)', async () => {
    const web = await openPgpPerson('GitHub');
    const rule = '{refs: [refs/heads/main], by: [alice], carried: {how: [squash], by: [web]}}';
    const forge = await start('by', rule, `  - name: web\n    openpgp: |\n${web.indented}\n`);
    const { base, work, squash, pull, verify } = forge;
    const head = await work(base, { c: 'new' });
    pull(7, head);
    const by = async (signer: By): Promise<string | undefined> => {
      const landed = await squash(base, head, 'Add c (#7)', signer);
      return (await verify(landed)).said.get(landed);
    };
    expect(await by({ armor: (payload) => web.armor(payload) })).toBe('verified alice');
    expect(await by('nobody')).toBe('unsigned');
    const other = await openPgpPerson('Another');
    expect(await by({ armor: (payload) => other.armor(payload) })).toBe('key-not-pinned');
    expect(await by({ email: 'mallory@example.test' })).toBe('identity-not-allowed');
  });
});
