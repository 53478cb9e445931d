/** `merges: clean` where git's own merge is asked in odd surroundings: paths that git would split, histories that share nothing. */

import { describe, expect, it } from 'vitest';
import { policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();

describe('P08 merges: clean', () => {
  it.each(['col:on', 'quo"te'])('P08 in a directory that is called %s', async (name) => {
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

  it('P08 histories that share nothing: git makes no merge of them, and the others are judged', async () => {
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
