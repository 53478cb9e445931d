/** `merges: clean` where git's own merge is asked in odd surroundings: paths that git would split, histories that share nothing. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();

describe('merges: clean (P08)', () => {
  it.each(['col:on', 'quo"te'])('in a directory that is called %s (P08)', async (name) => {
    const { commit, policy, verify } = policyScene(name, sandbox());
    const text = policy('commits: [{merges: clean}]\n');
    const files = (more: object = {}) => ({ '.signet.yaml': text, ...more });
    const base = await commit({ files: files() });
    const left = await commit({ parents: [base], files: files({ a: 'a' }) });
    const right = await commit({ parents: [base], files: files({ b: 'b' }) });
    const both = { a: 'a', b: 'b' };
    const good = await commit({ parents: [left, right], files: files(both) });
    const evil = await commit({ parents: [left, right], files: files({ ...both, c: 'c' }) });
    const asked = await verify('--policy-from', base, `${base}..${good}`);
    expect(asked.said.get(good)).toBe('verified alice');
    expect(asked.exit).toBe(0);
    const refused = await verify('--policy-from', base, `${base}..${evil}`);
    expect(refused.said.get(evil)).toBe('merge-not-clean');
  });

  it('a merge of histories that share nothing is refused, and the others are judged (P08)', async () => {
    const { commit, policy, verify } = policyScene('unrelated', sandbox());
    const files = { '.signet.yaml': policy('commits: [{merges: clean}]\n'), a: 'a' };
    const base = await commit({ files });
    const other = await commit({ files: { b: 'b' } });
    const merge = await commit({ parents: [base, other], files: { ...files, b: 'b' } });
    const { said, exit } = await verify('--policy-from', base, `${base}..${merge}`);
    expect(said.get(other)).toBe('verified alice');
    expect(said.get(merge)).toBe('merge-not-clean');
    expect(exit).toBe(6);
  });
});

describe('distinct-signers in a shallow clone (P06)', () => {
  it('a signer from before the landing does not count, even if a shallow clone hides that (P06)', async () => {
    const { commit, policy, file, branch, bob, repository } = policyScene('hidden', sandbox());
    const byBob = { by: { email: 'bob@example.test' } };
    const landed = await commit({ ...byBob, files: { a: '1' } });
    let tip = landed;
    for (const a of ['2', '3', '4']) tip = await commit({ parents: [tip], files: { a } });
    branch('main', await commit({ parents: [tip, landed], files: { a: 'mine' } }));
    const fresh = await commit({ ...byBob, parents: [tip], files: { a: 'both' } });
    branch('good', await commit({ parents: [tip, fresh], files: { a: 'both' } }));
    const rules = file(policy('commits: [{distinct-signers: 2}]\n', bob));
    const trust = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
    const ask = (path: string, ref: string) =>
      signet({ ...repository, path }, ['verify', ...trust, '--policy', rules, ref]);
    expect((await ask(repository.path, 'good')).exit).toBe(0);
    expect((await ask(repository.path, 'main')).exit).toBe(6);
    for (const depth of ['1', '2', '3']) {
      const clone = join(repository.home, depth);
      const url = `file://${repository.path}`;
      repository.must('clone', '-q', '--depth', depth, '-b', 'main', url, clone);
      const { exit, talk } = await ask(clone, 'HEAD');
      expect(exit, depth).toBe(2);
      expect(talk).toContain('this clone is shallow, so run: git fetch --unshallow');
      const missing = await ask(
        clone,
        `${landed.replace(/./, (c) => (c === '0' ? '1' : '0'))}..HEAD`,
      );
      expect(missing.talk).toContain('this clone is shallow');
    }
  });
});
