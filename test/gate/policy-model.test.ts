import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { disagreement, minimal } from '../support/policy-model/beside.ts';
import { caseOf } from '../support/policy-model/generate.ts';
import { judgeCase } from '../support/policy-model/model.ts';
import { POLICY_MUTANTS } from '../support/policy-model/mutants.ts';
import { DEEP } from '../support/sample.ts';

const CASES = DEEP ? 60_000 : 3000;
const LONG = { timeout: DEEP ? 600_000 : 60_000 };
const SEED = 1;

describe('the faults that the second model must find', () => {
  it.each(POLICY_MUTANTS)('$name: its place is still in the source, once', ({ file, from }) => {
    const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    expect(source.split(from).length).toBe(2);
  });
});

describe('a second model of the policy, written from its documentation', () => {
  it(
    'the program and the model judge random policies and histories alike (V1, V2)',
    LONG,
    async () => {
      for (let seed = SEED; seed < SEED + CASES; seed += 1) {
        const found = await disagreement(caseOf(seed));
        if (found === undefined) continue;
        const small = await minimal(caseOf(seed));
        const why = await disagreement(small);
        const shown = JSON.stringify({ seed, why, small }, null, 1);
        expect.fail(`the program and the model disagree, seed ${seed}: ${shown}`);
      }
    },
  );

  it('the random cases meet every answer that a policy can give', () => {
    const counts = new Map<string, number>();
    for (let seed = SEED; seed < SEED + 4000; seed += 1) {
      for (const { status, code = status } of judgeCase(caseOf(seed))) {
        counts.set(code, (counts.get(code) ?? 0) + 1);
      }
    }
    const answers = [
      ...['verified', 'unsigned', 'undecided', 'identity-not-allowed', 'signer-out-of-dates'],
      ...['role-not-allowed', 'committer-differs', 'author-differs', 'sign-off-missing'],
      ...['date-too-far', 'merge-parent-not-verified', 'merge-not-clean', 'too-few-signers'],
      ...['key-not-pinned', 'policy-missing', 'policy-invalid', 'policy-removed'],
      ...['policy-rolled-back', 'policy-change-not-allowed', 'revoked'],
    ];
    const seldom = answers.filter((code) => (counts.get(code) ?? 0) < 20);
    expect(seldom, JSON.stringify(Object.fromEntries(counts))).toEqual([]);
  });
});
