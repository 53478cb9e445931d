/** What an approval covers and what ends it: each line of the tables in docs/policy.md, with its nearest opposite. */

import { describe, expect, it } from 'vitest';
import { approvalScene, MAIN } from '../support/approval-scene.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const FEW = 'too-few-approvals';
const GOOD = 'verified alice';
const RULE = 'count: 1, by: [bob, carol], not: author';

/** main at `base`, and a topic of two commits by alice. */
async function topic(name: string) {
  const scene = approvalScene(name, sandbox());
  const { commit } = scene;
  const base = await commit({ subject: 'base', files: { a: '1' } });
  const first = await commit({ parents: [base], subject: 'first', files: { a: '1', t: '1' } });
  const head = await commit({ parents: [first], subject: 'head', files: { a: '1', t: '12' } });
  /** main after another change landed. */
  const moved = await commit({ parents: [base], subject: 'moved', files: { a: '1', m: '1' } });
  const rules = scene.asking(RULE);
  return { ...scene, base, first, head, moved, rules };
}

describe('an approval of commits that land as they were', () => {
  it('a landing without an approval is refused, and one with an approval is verified (B1)', async () => {
    const { landed, rules, base, head, approve } = await topic('plain');
    expect(await landed(rules, `${base}..${head}`)).toBe(FEW);
    await approve(head, { base });
    expect(await landed(rules, `${base}..${head}`)).toBe(GOOD);
  });

  it('an approval covers all commits between base and head, and none beyond (B1)', async () => {
    const { landed, rules, base, first, head, approve, verify, commit } = await topic('whole');
    await approve(head, { base });
    const { said } = await verify('--policy', rules, '--ref', MAIN, `${base}..${head}`);
    expect([said.get(first), said.get(head)]).toEqual([GOOD, GOOD]);
    const next = await commit({ parents: [head], subject: 'next', files: { a: '1', t: '3' } });
    expect(await landed(rules, `${base}..${next}`)).toBe(FEW);
  });

  it('the first of several approved commits does not land alone (B2)', async () => {
    const { landed, rules, base, first, head, approve } = await topic('part');
    await approve(head, { base });
    expect(await landed(rules, `${base}..${first}`)).toBe(FEW);
    await approve(first, { base });
    expect(await landed(rules, `${base}..${first}`)).toBe(GOOD);
  });

  it('an approval for another ref does not count (B3)', async () => {
    const { landed, rules, base, head, approve } = await topic('ref');
    await approve(head, { base, ref: 'refs/heads/dev' });
    expect(await landed(rules, `${base}..${head}`)).toBe(FEW);
  });

  it('an approval with another base does not count for what lies before it (B4)', async () => {
    const { landed, rules, base, first, head, approve, verify } = await topic('base');
    await approve(head, { base: first });
    const { said } = await verify('--policy', rules, '--ref', MAIN, `${base}..${head}`);
    expect([said.get(first), said.get(head)]).toEqual([FEW, GOOD]);
    expect(await landed(rules, `${first}..${head}`)).toBe(GOOD);
  });

  it('a base on a side branch hides no commit that the merge brings (B4)', async () => {
    const { landed, rules, base, head, moved, approve, commit } = await topic('side');
    const side = { files: { a: '1', t: '12', m: '1' } };
    const merge = await commit({ parents: [moved, head], subject: 'merge', ...side });
    await approve(merge, { base: head });
    expect(await landed(rules, `${moved}..${merge}`)).toBe(FEW);
    expect(await landed(rules, merge)).toBe(FEW);
    await approve(merge, { base: moved });
    expect(await landed(rules, `${moved}..${merge}`)).toBe(GOOD);
    expect(await landed(rules, merge)).toBe(GOOD);
    expect(base).not.toBe(moved);
  });

  it('the first commit of a repository is approved without a base (B1)', async () => {
    const { landed, rules, base, approve } = await topic('root');
    expect(await landed(rules, base)).toBe(FEW);
    await approve(base, { base: null });
    expect(await landed(rules, base)).toBe(GOOD);
  });
});

describe('where an approval counts', () => {
  it('an approval for another repository does not count where the address is known (B3)', async () => {
    const { landed, rules, base, head, approve } = await topic('repository');
    const [here, fork] = ['git+https://h.example.test/app', 'git+https://h.example.test/fork'];
    const range = `${base}..${head}`;
    await approve(head, { base, repository: fork });
    expect(await landed(rules, range)).toBe(GOOD);
    expect(await landed(rules, range, '--repository-uri', here)).toBe(FEW);
    await approve(head, { base });
    expect(await landed(rules, range, '--repository-uri', here)).toBe(FEW);
    await approve(head, { base, repository: here });
    expect(await landed(rules, range, '--repository-uri', here)).toBe(GOOD);
  });

  it('the policies of the parents ask for approvals too (B1)', async () => {
    const { commit, policy, signer, approve, verify } = await topic('parents');
    const text = policy('commits: [{approvals: {count: 1, not: author}}]\n', signer('bob'));
    const files = { '.signet.yaml': text };
    const start = await commit({ subject: 'start', files });
    const tip = await commit({ parents: [start], subject: 'tip', files: { ...files, t: '1' } });
    const ask = async () =>
      (await verify('--policy-from', 'parents', '--since', start, '--ref', MAIN, tip)).said.get(
        tip,
      );
    expect(await ask()).toBe(FEW);
    await approve(tip, { base: start });
    expect(await ask()).toBe(GOOD);
  });
});

describe('an approval of commits that were amended', () => {
  it.each([
    ['message', { subject: 'other' }],
    ['author', { author: 'alice@home.example.test' }],
    ['tree', { files: { a: '1', t: '13' } }],
  ] as const)('a commit whose %s was amended needs a new approval (B5)', async (what, change) => {
    const { landed, rules, base, approve, commit } = await topic(`amended-${what}`);
    const fields = { parents: [base], subject: 'one', files: { a: '1', t: '1' } };
    const one = await commit(fields);
    await approve(one, { base });
    expect(await landed(rules, `${base}..${one}`)).toBe(GOOD);
    const amended = await commit({ ...fields, ...change });
    expect(await landed(rules, `${base}..${amended}`)).toBe(FEW);
    const again = await commit({ ...fields, committer: 'alice@work.example.test' });
    expect(again).not.toBe(one);
    expect(await landed(rules, `${base}..${again}`)).toBe(GOOD);
  });
});

describe('an approval of commits that were merged', () => {
  it("git's own merge of an approved head is verified, and one with a byte more is refused (B6)", async () => {
    const { landed, rules, base, head, moved, approve, commit } = await topic('merge');
    await approve(head, { base });
    const files = { a: '1', t: '12', m: '1' };
    const merge = await commit({ parents: [moved, head], subject: 'merge', files });
    expect(await landed(rules, `${moved}..${merge}`)).toBe(GOOD);
    const evil = await commit({
      ...{ parents: [moved, head], subject: 'merge', files: { ...files, m: '2' } },
    });
    expect(await landed(rules, `${moved}..${evil}`)).toBe(FEW);
    const turned = await commit({ parents: [head, moved], subject: 'merge', files });
    expect(await landed(rules, `${head}..${turned}`)).toBe(FEW);
  });

  it('the merge of a head that was approved over another base is refused (B4)', async () => {
    const { landed, rules, first, head, moved, approve, commit } = await topic('merge-base');
    await approve(head, { base: first });
    const files = { a: '1', t: '12', m: '1' };
    const merge = await commit({ parents: [moved, head], subject: 'merge', files });
    expect(await landed(rules, `${moved}..${merge}`)).toBe(FEW);
  });

  it('the person who merges may be the person who approves (B9)', async () => {
    const { landed, rules, base, head, moved, approve, commit } = await topic('merger');
    await approve(head, { base });
    const merge = await commit({
      ...{ parents: [moved, head], subject: 'merge', files: { a: '1', t: '12', m: '1' } },
      by: { email: 'bob@example.test' },
    });
    expect(await landed(rules, `${moved}..${merge}`)).toBe('verified bob');
  });
});

describe('an approval of commits that were rebased', () => {
  const onto = { a: '1', m: '1' };

  it('a clean rebase keeps the approval for each commit (B7)', async () => {
    const { rules, base, head, moved, approve, commit, verify } = await topic('rebase');
    await approve(head, { base });
    const one = await commit({ parents: [moved], subject: 'first', files: { ...onto, t: '1' } });
    const two = await commit({ parents: [one], subject: 'head', files: { ...onto, t: '12' } });
    const { said } = await verify('--policy', rules, '--ref', MAIN, `${moved}..${two}`);
    expect([said.get(one), said.get(two)]).toEqual([GOOD, GOOD]);
    const part = await verify('--policy', rules, '--ref', MAIN, `${moved}..${one}`);
    expect(part.said.get(one)).toBe(FEW);
  });

  it.each([
    ['a byte more', { files: { ...onto, t: '12!' } }],
    ['another message', { subject: 'other' }],
    ['another author', { author: 'bob@example.test' }],
    ['a change of the base undone', { files: { a: '1', t: '12' } }],
  ])('a rebase with %s ends the approval (B7)', async (what, change) => {
    const { landed, rules, base, head, moved, approve, commit } = await topic(`rebase ${what}`);
    await approve(head, { base });
    const one = await commit({ parents: [moved], subject: 'first', files: { ...onto, t: '1' } });
    const fields = { parents: [one], subject: 'head', files: { ...onto, t: '12' } };
    const two = await commit({ ...fields, ...change });
    expect(await landed(rules, `${moved}..${two}`)).toBe(FEW);
  });

  it('a rebase that drops or swaps a commit ends the approval (B7)', async () => {
    const { landed, rules, base, head, moved, approve, commit } = await topic('dropped');
    await approve(head, { base });
    const files = { ...onto, t: '12' };
    const alone = await commit({ parents: [moved], subject: 'head', files });
    expect(await landed(rules, `${moved}..${alone}`)).toBe(FEW);
    const second = await commit({ parents: [alone], subject: 'first', files });
    expect(await landed(rules, `${moved}..${second}`)).toBe(FEW);
  });

  it("the person who rebases a stranger's commit may not approve it too (B9)", async () => {
    const { landed, rules, base, moved, approve, commit } = await topic('rebaser');
    const by = 'nobody' as const;
    const alien = await commit({
      parents: [base],
      subject: 'x',
      files: { a: '1', t: '9' },
      by,
      author: 'x@x.test',
      committer: 'x@x.test',
    });
    await approve(alien, { base });
    const bob = { email: 'bob@example.test' };
    const fields = {
      parents: [moved],
      subject: 'x',
      files: { ...onto, t: '9' },
      author: 'x@x.test',
      // the address of the committer names no person, so the signature alone tells who rebased it
      committer: 'x@x.test',
    };
    const rebased = await commit({ ...fields, by: bob });
    expect(await landed(rules, `${moved}..${rebased}`)).toBe(FEW);
    const other = await commit({ ...fields, by: { email: 'carol@example.test' } });
    expect(await landed(rules, `${moved}..${other}`)).toBe('verified carol');
  });
});

describe('an approval of commits that were squashed', () => {
  it('a squash on the approved base is verified, and one with another tree is refused (B8)', async () => {
    const { landed, rules, base, head, approve, commit } = await topic('squash');
    await approve(head, { base });
    const squash = await commit({
      parents: [base],
      subject: 'all (#1)',
      files: { a: '1', t: '12' },
    });
    expect(await landed(rules, `${base}..${squash}`)).toBe(GOOD);
    const evil = await commit({ parents: [base], subject: 'all (#1)', files: { a: '1', t: '21' } });
    expect(await landed(rules, `${base}..${evil}`)).toBe(FEW);
  });

  it('a squash on a base that moved needs a new approval (B8)', async () => {
    const { landed, rules, base, head, moved, approve, commit } = await topic('squash-moved');
    await approve(head, { base });
    const files = { a: '1', m: '1', t: '12' };
    const squash = await commit({ parents: [moved], subject: 'all (#1)', files });
    expect(await landed(rules, `${moved}..${squash}`)).toBe(FEW);
    const back = await commit({
      parents: [moved],
      subject: 'all (#1)',
      files: { a: '1', t: '12' },
    });
    expect(await landed(rules, `${moved}..${back}`)).toBe(FEW);
  });
});

describe('who may approve', () => {
  it('an approval by the author does not count, by whatever account of the same name (B9)', async () => {
    const { landed, asking, signer, base, head, approve } = await topic('author');
    const two = signer('alice', 'alice@home.example.test') + signer('bob');
    const rules = asking('count: 1, not: author', '', two);
    await approve(head, { base, by: 'alice@example.test' });
    expect(await landed(rules, `${base}..${head}`)).toBe(FEW);
    await approve(head, { base, by: 'alice@home.example.test' });
    expect(await landed(rules, `${base}..${head}`)).toBe(FEW);
    expect(await landed(asking('count: 1', '', two), `${base}..${head}`)).toBe(GOOD);
    await approve(head, { base });
    expect(await landed(rules, `${base}..${head}`)).toBe(GOOD);
  });

  it('a person with the address of author or committer is an author, in any case of letters (B9)', async () => {
    const { landed, rules, base, approve, commit } = await topic('addresses');
    for (const field of ['author', 'committer'] as const) {
      const mine = { [field]: 'Bob@Example.test' };
      const one = await commit({ parents: [base], subject: field, files: { t: field }, ...mine });
      await approve(one, { base });
      expect(await landed(rules, `${base}..${one}`)).toBe(FEW);
      await approve(one, { base, by: 'carol@example.test' });
      expect(await landed(rules, `${base}..${one}`)).toBe(GOOD);
    }
  });

  it('a person who approves twice counts once (B10)', async () => {
    const { landed, asking, base, head, approve } = await topic('twice');
    const rules = asking('count: 2');
    await approve(head, { base });
    await approve(head, { base, at: Math.floor(Date.now() / 1000) - 60 });
    expect(await landed(rules, `${base}..${head}`)).toBe(FEW);
    await approve(head, { base, by: 'carol@example.test' });
    expect(await landed(rules, `${base}..${head}`)).toBe(GOOD);
  });

  it('an approval by a signer whom by does not name, or the policy does not list, does not count (B10)', async () => {
    const { landed, asking, base, head, approve } = await topic('by');
    const rules = asking('count: 1, by: [carol]');
    await approve(head, { base });
    await approve(head, { base, by: 'mallory@example.test' });
    expect(await landed(rules, `${base}..${head}`)).toBe(FEW);
    await approve(head, { base, by: 'carol@example.test' });
    expect(await landed(rules, `${base}..${head}`)).toBe(GOOD);
  });

  it('an approver who was revoked does not count, for the whole account or within the window (B11)', async () => {
    const { landed, asking, issuer, base, head, approve, now } = await topic('revoked');
    const at = now - 7200;
    await approve(head, { base, at });
    const minute = (time: number): string => `${new Date(time * 1000).toISOString().slice(0, 16)}Z`;
    const revoked = (window: string, except = ''): string =>
      asking(
        RULE,
        `revoked: [{identity: bob@example.test, issuer: '${issuer}', ${window}reason: stolen${except}}]\n`,
      );
    const range = `${base}..${head}`;
    expect(await landed(revoked(''), range)).toBe(FEW);
    expect(await landed(revoked(`from: '${minute(at - 3600)}', `), range)).toBe(FEW);
    expect(await landed(revoked(`from: '${minute(at + 3600)}', `), range)).toBe(GOOD);
    expect(await landed(revoked(`until: '${minute(at - 3600)}', `), range)).toBe(GOOD);
    expect(await landed(revoked('', `, except: [${head}]`), range)).toBe(FEW);
  });

  it('an approval counts if its times lie within the dates of its signer (B11)', async () => {
    const { landed, asking, signer, base, head, approve, now } = await topic('dates');
    await approve(head, { base, at: now - 7200 });
    const until = (time: number): string => {
      const second = `${new Date(time * 1000).toISOString().slice(0, 19)}Z`;
      const dated = signer('bob', 'bob@example.test', `, until: '${second}'`);
      return asking(RULE, '', dated + signer('carol'));
    };
    expect(await landed(until(now - 3600), `${base}..${head}`)).toBe(GOOD);
    expect(await landed(until(now - 10_800), `${base}..${head}`)).toBe(FEW);
  });
});

/** Writes the ref of main into a signed bundle. */
function forMain(bundle: Buffer): Buffer {
  const json = JSON.parse(bundle.toString());
  const payload = Buffer.from(json.dsseEnvelope.payload, 'base64').toString();
  const bent = payload.replace('refs/heads/dev', MAIN);
  json.dsseEnvelope.payload = Buffer.from(bent).toString('base64');
  return Buffer.from(JSON.stringify(json));
}

describe('statements that are no approval', () => {
  it.each([
    [
      'names two commits',
      (id: string, tree: string, base: string) => ({
        subjects: [
          ['commit', id],
          ['commit', base],
          ['tree', tree],
        ],
      }),
    ],
    ['names no tree', (id: string) => ({ subjects: [['commit', id]] })],
    [
      'names another tree',
      (id: string, _: string, base: string) => ({
        subjects: [
          ['commit', id],
          ['tree', base],
        ],
      }),
    ],
    ['has no base', () => ({ base: undefined })],
    [
      'has an unknown field',
      (_: string, __: string, base: string) => ({ predicate: { ref: MAIN, base, more: 1 } }),
    ],
    ['was signed for another ref', () => ({ ref: 'refs/heads/dev', bend: forMain })],
  ] as const)('a statement that %s does not count (B12)', async (what, fields) => {
    const { landed, rules, base, head, approve, treeOf } = await topic(`no approval ${what}`);
    const bent = fields(head, treeOf(head), base) as object;
    await approve(head, { base, ...bent });
    expect(await landed(rules, `${base}..${head}`)).toBe(FEW);
    await approve(head, { base });
    expect(await landed(rules, `${base}..${head}`)).toBe(GOOD);
  });
});
