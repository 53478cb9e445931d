import { describe, expect, it } from 'vitest';
import { DEFAULT_RULE } from '../../../src/core/policy/decide.ts';
import type { ObjectRule } from '../../../src/core/policy/model.ts';
import { runProof } from '../../../src/gate/summaries/run-proof.ts';

const two: ObjectRule = { ...DEFAULT_RULE, on: ['refs/heads/main'], distinctSigners: 2 };

function proofFor(ref: string | undefined, commits: readonly ObjectRule[], more: object = {}) {
  const policy = { source: 'p', digest: 'd', rules: [], commits };
  const judge = { policy, ref, ignoreSct: false, now: 0, format: 'sha1', ...more };
  return runProof(judge as unknown as Parameters<typeof runProof>[0], false);
}

describe('what a run proves', () => {
  it('two persons are proved on a ref whose rule asks for them, and on no other', () => {
    expect(proofFor('refs/heads/main', [two]).twoParty).toBe(true);
    expect(proofFor('refs/heads/topic', [two]).twoParty).toBe(false);
    expect(proofFor(undefined, [two]).twoParty).toBe(false);
    expect(proofFor('refs/heads/main', []).twoParty).toBe(false);
  });

  it('an approval by a second person proves two, and one that may be by the author does not', () => {
    const rule = (count: number, notAuthor: boolean): ObjectRule => ({
      ...{ ...two, distinctSigners: 1, approvals: { count, notAuthor } },
    });
    const proves = (count: number, notAuthor: boolean): boolean =>
      proofFor('refs/heads/main', [rule(count, notAuthor)]).twoParty;
    expect([proves(1, true), proves(1, false), proves(2, false)]).toEqual([true, false, true]);
    expect(proofFor('refs/heads/main', [rule(1, true)]).statements).toBe(true);
  });

  it('a policy that asks for other statements says so, and one that asks for none does not', () => {
    const policy = { source: 'p', digest: 'd', rules: [], attestations: [] };
    expect(proofFor(undefined, [], { policy }).statements).toBe(true);
    expect(proofFor(undefined, []).statements).toBe(false);
  });

  it('policies of parents prove no second person, because they may differ from commit to commit', () => {
    const policy = { source: 'p', digest: 'd', rules: [], commits: [two] };
    const judge = { policy, ref: 'refs/heads/main', ignoreSct: false };
    expect(runProof(judge as unknown as Parameters<typeof runProof>[0], true).twoParty).toBe(false);
  });

  it('a check that was left out is named', () => {
    expect(proofFor(undefined, []).leftOut).toEqual([]);
    expect(proofFor(undefined, [], { ignoreSct: true, unlogged: true }).leftOut).toEqual([
      'sct',
      'log',
    ]);
  });
});
