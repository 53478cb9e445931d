/** `show` with approvals: who approved an object, for which ref, and whether the configured policy counts it. */

import { describe, expect, it } from 'vitest';
import { approvalScene, MAIN } from '../support/approval-scene.ts';
import { carriedForge } from '../support/carried-forge.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();

interface ShownApproval {
  readonly signer: { readonly value: string };
  readonly ref: string;
  readonly base?: string;
  readonly time: string;
  readonly logEntry: { readonly logIndex: string };
  readonly counts?: boolean;
  readonly person?: string;
  readonly why?: string;
}

async function topic(name: string) {
  const scene = approvalScene(name, sandbox());
  const { repository, commit } = scene;
  repository.must('config', '--global', 'signet.trust', sandbox().files.trustedRoot);
  const base = await commit({ subject: 'base', files: { a: '1' } });
  const head = await commit({ parents: [base], subject: 'head', files: { a: '2' } });
  const show = (...args: string[]) => signet(repository, ['show', ...args]);
  const approvals = async (id: string): Promise<readonly ShownApproval[] | undefined> => {
    const { out } = await show('--format', 'json', id);
    return (JSON.parse(out) as { approvals?: ShownApproval[] }).approvals;
  };
  const ruled = (rule: string, signers?: string): void => {
    repository.must('config', '--global', 'signet.policy', scene.asking(rule, '', signers));
  };
  return { ...scene, base, head, show, approvals, ruled };
}

describe('show with approvals', () => {
  it('show names approver, ref, base, time and log entry, and nothing where there is no approval', async () => {
    const { base, head, approve, approvals, show } = await topic('plain');
    const before = (await show(head)).out;
    expect(await approvals(head)).toBeUndefined();
    await approve(head, { base });
    const [first, ...others] = (await approvals(head)) ?? [];
    expect(others).toEqual([]);
    expect(first).toMatchObject({ signer: { value: 'bob@example.test' }, ref: MAIN, base });
    expect(Date.parse(first?.time ?? '')).not.toBeNaN();
    expect(first?.logEntry.logIndex).toMatch(/^\d+$/);
    expect(first).not.toHaveProperty('counts');
    expect(await approvals(base)).toBeUndefined();
    const { out, exit } = await show(head);
    expect(exit).toBe(0);
    expect(out.startsWith(before)).toBe(true);
    for (const fact of ['bob@example.test', MAIN, base.slice(0, 12)])
      expect(out.slice(before.length)).toContain(fact);
    expect((await show(base)).out).not.toContain('approved by');
  });

  it('show leaves out an approval whose signature is wrong (B12)', async () => {
    const { base, head, approve, approvals } = await topic('bent');
    const bend = (bundle: Buffer): Buffer => {
      const json = JSON.parse(String(bundle));
      const payload = Buffer.from(json.dsseEnvelope.payload, 'base64').toString();
      const other = payload.replace(MAIN, 'refs/heads/more');
      json.dsseEnvelope.payload = Buffer.from(other).toString('base64');
      return Buffer.from(JSON.stringify(json));
    };
    await approve(head, { base, bend });
    expect(await approvals(head)).toBeUndefined();
  });

  it('under the configured policy, show tells whose approval counts and why others do not', async () => {
    const { base, head, approve, approvals, ruled, signer } = await topic('counts');
    await approve(head, { base });
    await approve(head, { base, by: 'carol@example.test' });
    await approve(head, { base, by: 'alice@example.test' });
    await approve(head, { base, by: 'mallory@example.test' });
    await approve(head, { base, ref: 'refs/heads/other', by: 'bob@example.test' });
    ruled('count: 1, by: [bob, alice], not: author', signer('bob') + signer('carol'));
    const said = ((await approvals(head)) ?? []).map(({ signer: by, ref, counts, person, why }) =>
      [by.value.split('@')[0], ref, counts, person ?? why].join(' '),
    );
    expect(said.toSorted()).toEqual([
      `alice ${MAIN} false alice is an author`,
      `bob ${MAIN} true bob`,
      'bob refs/heads/other  ',
      `carol ${MAIN} false carol may not approve here`,
      expect.stringMatching(/^mallory refs\/heads\/main false .*not listed/),
    ]);
  });

  it('show tells of an approval of another commit with the same tree which commit it names', async () => {
    const { base, head, approve, show, commit } = await topic('tree');
    const again = await commit({ parents: [base], subject: 'amended', files: { a: '2' } });
    await approve(head, { base });
    const { out } = await show(again);
    expect(out).toContain(head);
  });

  it('show takes the tagger for an author of a tag (B9)', async () => {
    const { head, approve, approvals, tag, file, policy, signer, repository } = await topic('tag');
    const ref = 'refs/tags/v1';
    const id = await tag('v1', head, { email: 'bob@example.test' });
    for (const by of ['bob@example.test', 'carol@example.test'])
      await approve(head, {
        ...{ by, predicate: { ref } },
        subjects: [
          ['commit', head],
          ['tree', repository.must('rev-parse', `${head}^{tree}`)],
          ['tag', id],
        ],
      });
    const rules = "tags: [{names: ['v*'], approvals: {count: 1, not: author}}]\n";
    const rule = file(policy(rules, signer('bob') + signer('carol')));
    repository.must('config', '--global', 'signet.policy', rule);
    const said = ((await approvals(id)) ?? []).map(({ person, why }) => person ?? why);
    expect(said.toSorted()).toEqual(['bob is an author', 'carol']);
  });

  it('an unsigned commit shows its approvals, and a policy that cannot be read hides no signature', async () => {
    const { head, approve, show, commit, repository, file } = await topic('unsigned');
    const plain = await commit({ parents: [head], by: 'nobody', subject: 'u', files: { a: '3' } });
    expect(await show(plain)).toMatchObject({ exit: 5, out: '' });
    await approve(plain, { base: head });
    const shown = await show(plain);
    expect(shown.exit).toBe(5);
    expect(shown.out).toContain('bob@example.test');
    repository.must('config', '--global', 'signet.policy', file('version: 9\n'));
    const broken = await show(head);
    expect(broken.exit).toBe(0);
    expect(broken.out).toContain('alice@example.test');
    expect(broken.talk).toContain('policy.yaml');
  });
});

describe('show with carried commits', () => {
  it('show names the head that a commit is carried from, and nothing where a byte differs', async () => {
    const scene = carriedForge('show-carried', sandbox());
    const { repository, work, squash, policy, file } = scene;
    const base = await work(undefined, { a: '1' });
    const head = await work(base, { b: '2' });
    repository.must('update-ref', 'refs/pull/7/head', head);
    const landed = await squash(base, head, 'both (#7)');
    const { must } = repository;
    must('config', '--global', 'signet.trust', sandbox().files.trustedRoot);
    must(
      'config',
      '--global',
      'signet.policy',
      file(policy('commits: [{carried: {how: [squash]}}]\n')),
    );
    const show = async (id: string) =>
      (await signet(repository, ['show', '--format', 'json', id])).out;
    expect(JSON.parse(await show(landed))).toMatchObject({
      objectId: landed,
      carried: { head, ref: 'refs/pull/7/head' },
    });
    const other = await squash(base, await work(base, { b: '3' }), 'both (#7)');
    expect(await show(other)).toBe('');
  });
});

describe('reasons of approvals that do not count', () => {
  it('verify and policy explain tell of another base, of an amended commit and of a later head (B2, B4, B5)', async () => {
    const { base, head, approve, commit, repository, asking } = await topic('reasons');
    const rules = asking('count: 1, by: [bob]');
    const tip = await commit({ parents: [head], subject: 'tip', files: { a: '3' } });
    const amended = await commit({ parents: [base], subject: 'amended', files: { a: '2' } });
    const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
    const asked = [...trust, '--policy', rules, '--ref', MAIN];
    const explain = async (id: string): Promise<string> =>
      (await signet(repository, ['policy', 'explain', ...asked, id])).out;
    expect(await explain(head)).not.toContain('bob@example.test');

    await approve(tip, { base });
    const early = await explain(head);
    expect(early).toContain(`approval by bob@example.test: for ${MAIN}`);
    expect(early).toContain(tip.slice(0, 12));
    expect(await explain(base)).not.toContain(tip.slice(0, 12));

    await approve(head, { base: tip });
    const { talk, out } = await signet(repository, ['verify', ...asked, head]);
    expect(out + talk).toContain(`not by bob@example.test: it is for base ${tip.slice(0, 12)}`);
    expect(await explain(amended)).toContain(`it is for commit ${head.slice(0, 12)}`);

    await approve(head, { base: '1'.repeat(40), by: 'bob@example.test' });
    await approve(head, { base });
    const good = await signet(repository, ['verify', ...asked, head]);
    expect(good.exit).toBe(0);
    expect(good.out + good.talk).not.toContain('not by');
  });
});
