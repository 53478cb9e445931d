/** `git signet approve`: what it signs, and what it refuses to sign because no gate would count it. */

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { approvalScene, MAIN } from '../support/approval-scene.ts';
import { schemaFaults } from '../support/json-schema.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signetProcess } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
let bob: Record<string, string> = {};

beforeAll(async () => {
  const token = await sandbox().mintToken({ email: 'bob@example.test' });
  bob = { ...sandbox().env, SIGSTORE_ID_TOKEN: token };
});

/** main at `base`, and the branch topic with two commits by alice. */
async function topic(name: string) {
  const scene = approvalScene(name, sandbox());
  const { commit, branch, repository } = scene;
  const base = branch('main', await commit({ subject: 'base', files: { a: '1' } }));
  const first = await commit({ parents: [base], subject: 'first', files: { t: '1' } });
  const head = branch('topic', await commit({ parents: [first], files: { t: '12' } }));
  const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
  const env = { ...repository.env, ...bob };
  const approve = (...args: string[]) =>
    signetProcess({ path: repository.path, env }, ['approve', ...trust, ...args]);
  return { ...scene, base, first, head, approve, rules: scene.asking('count: 1, not: author') };
}

describe('git signet approve', () => {
  it('an approval shows what it is about before the login, and the gate counts it', async () => {
    const { approve, landed, rules, base, head, treeOf, repository } = await topic('approve');
    const range = `${base}..${head}`;
    expect(await landed(rules, range)).toBe('too-few-approvals');
    const { exit, out, talk } = await approve('topic', '--for', MAIN);
    expect(exit, talk).toBe(0);
    for (const part of [head, treeOf(head), base, MAIN, '2 commits, signed by alice@example.test'])
      expect(talk).toContain(part);
    expect(out).toContain(`approved ${head.slice(0, 12)} for ${MAIN} by bob@example.test`);
    expect(await landed(rules, range)).toBe('verified alice');
    repository.must('update-ref', '-d', 'refs/attestations/commits');
    repository.must('update-ref', '-d', 'refs/attestations/trees');
    expect(await landed(rules, range)).toBe('too-few-approvals');
  });

  it('each report says who approved, and results follow their schema', async () => {
    const { approve, rules, base, head, repository } = await topic('reports');
    expect((await approve('topic', '--for', MAIN)).exit).toBe(0);
    const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
    const ask = async (command: readonly string[], ...args: string[]): Promise<string> => {
      const asked = [...command, '--policy', rules, '--ref', MAIN, ...trust, ...args];
      return (await signetProcess(repository, asked)).out;
    };
    const result = JSON.parse(await ask(['verify'], '--format', 'jsonl', head));
    const url = new URL('../../schema/verify-result.schema.json', import.meta.url);
    const schema = JSON.parse(readFileSync(url, 'utf8'));
    expect(schemaFaults(result, schema.$defs.result, schema)).toEqual([]);
    expect(result.approvals).toMatchObject([
      { person: 'bob', commit: head, base, ref: MAIN, how: 'as it was' },
    ]);
    const range = `${base}..${head}`;
    expect(await ask(['verify'], head)).toContain('approved by bob');
    expect(await ask(['verify'], range)).toContain('approved by bob');
    expect(await ask(['verify'], '--format', 'html', range)).toContain('approved by bob');
    expect(await ask(['policy', 'explain'], head)).toContain('approval by bob');
    expect(await ask(['policy', 'explain'], base)).toContain('0 of 1 required approvals');
  });

  it('what was fetched of the ref is the base, not the local branch', async () => {
    const { approve, base, first, repository, branch } = await topic('tracking');
    repository.must('remote', 'add', 'origin', 'https://forge.example.test/acme/app.git');
    repository.must('update-ref', 'refs/remotes/origin/main', base);
    branch('main', first);
    const { exit, talk } = await approve('topic', '--for', MAIN);
    expect(exit, talk).toBe(0);
    expect(talk).toContain(`${base}  (from refs/remotes/origin/main)`);
    expect(talk).toContain('git+https://forge.example.test/acme/app');
  });

  it.each([
    ['a short name of the ref', ['topic', '--for', 'main'], '--for refs/heads/main'],
    ['a ref that is not here', ['topic', '--for', 'refs/heads/none'], 'approve BASE..topic'],
    ['a head that is on the ref', ['main', '--for', MAIN], 'has'],
    ['a range that is turned around', ['topic..main', '--for', MAIN], 'not on top of'],
    ['a range with another base', ['topic^..topic', '--for', MAIN], 'would need the base'],
    ['a range for a tag', ['main..topic', '--for', 'refs/tags/v1'], 'has no base'],
    ['a symmetric range', ['main...topic', '--for', MAIN], 'expected REV or A..B'],
    ['a commit that is not here', ['nothing', '--for', MAIN], 'no such commit'],
    ['no ref', ['topic'], '--for refs/heads/main'],
  ])('%s is refused, and nothing is signed (B13)', async (what, args, said) => {
    const { approve, repository } = await topic(`refused ${what}`);
    const { exit, talk } = await approve(...args);
    expect(exit, talk).toBe(2);
    expect(talk).toContain(said);
    expect(repository.git('rev-parse', '-q', '--verify', 'refs/attestations/commits').exit).toBe(1);
  });

  it('commits of which one is refused are not approved (B13)', async () => {
    const { approve, commit, base, branch } = await topic('wrong');
    const wrong = await commit({ parents: [base], subject: 'wrong', tampered: true });
    branch('bad', await commit({ parents: [wrong], subject: 'above' }));
    const { exit, talk } = await approve('bad', '--for', MAIN);
    expect(exit).toBe(2);
    expect(talk).toContain(`${wrong.slice(0, 12)} is refused`);
  });

  it('the first commit is approved with --root, and a commit on its ref by a range', async () => {
    const { approve, landed, rules, base } = await topic('root');
    expect((await approve(base, '--for', MAIN, '--root')).exit).toBe(0);
    expect(await landed(rules, base)).toBe('verified alice');
    const {
      approve: again,
      branch,
      head,
      first,
      landed: judged,
      rules: same,
    } = await topic('there');
    branch('main', head);
    expect((await again(`${first}..${head}`, '--for', MAIN)).exit).toBe(0);
    expect(await judged(same, head)).toBe('verified alice');
  });
});

describe('approvals of tags (B3)', () => {
  async function tagged(name: string) {
    const scene = await topic(name);
    const { policy, signer, file, repository, head } = scene;
    const judge = async (text: string, tag: string): Promise<string> => {
      const path = file(policy(text, signer('bob') + signer('carol')));
      const trust = [
        '--trusted-root',
        sandbox().files.trustedRoot,
        '--offline',
        '--format',
        'jsonl',
      ];
      const args = ['verify-tag', '--policy', path, ...trust, tag];
      const { out, talk } = await signetProcess(repository, args);
      const [first = ''] = out.split('\n');
      return first === '' ? talk : (JSON.parse(first).code ?? 'verified');
    };
    return { ...scene, judge, tagObject: await scene.tag('v1', head) };
  }
  const RULE = "tags: [{names: ['v*'], approvals: {count: 1, not: author}}]\n";

  it('a tag needs an approval for its own name, of its own commit (B3)', async () => {
    const { judge, approve, first, head } = await tagged('tags');
    expect(await judge(RULE, 'v1')).toBe('too-few-approvals');
    expect((await approve('v1', '--for', 'refs/tags/v2')).exit).toBe(2);
    expect((await approve(head, '--for', 'refs/tags/v2')).exit).toBe(0);
    expect((await approve(first, '--for', 'refs/tags/v1')).exit).toBe(0);
    expect(await judge(RULE, 'v1')).toBe('too-few-approvals');
    expect((await approve(head, '--for', 'refs/tags/v1')).exit).toBe(0);
    expect(await judge(RULE, 'v1')).toBe('verified');
  });

  it('an approval of a tag object is none for another tag of that name (B3)', async () => {
    const { judge, approve, tagObject: tag, tag: make, head, now } = await tagged('tag-object');
    expect((await approve('v1', '--for', 'refs/tags/v1')).exit).toBe(0);
    expect(await judge(RULE, 'v1')).toBe('verified');
    const again = await make('v1', head, { email: 'alice@example.test', at: (now - 60) * 1000 });
    expect(again).not.toBe(tag);
    expect(await judge(RULE, 'v1')).toBe('too-few-approvals');
  });

  it('a tag rule may ask for the approval that its commit got for a branch (B3)', async () => {
    const { judge, approve } = await tagged('tag-for');
    const rule = `tags: [{approvals: {count: 1, for: ${MAIN}}}]\n`;
    expect(await judge(rule, 'v1')).toBe('too-few-approvals');
    expect((await approve('topic', '--for', MAIN)).exit).toBe(0);
    expect(await judge(rule, 'v1')).toBe('verified');
    expect(await judge(RULE, 'v1')).toBe('too-few-approvals');
  });

  it('the person who tags is an author (B9)', async () => {
    const { judge, approve, head, tag } = await tagged('tagger');
    await tag('v2', head, { email: 'bob@example.test' });
    expect((await approve(head, '--for', 'refs/tags/v2')).exit).toBe(0);
    expect(await judge(RULE, 'v2')).toBe('too-few-approvals');
    expect(await judge(RULE.replace(', not: author', ''), 'v2')).toBe('verified');
  });
});
