import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { disagreement, minimal } from '../support/policy-model/beside.ts';
import { caseOf } from '../support/policy-model/generate.ts';
import { worldCaseOf } from '../support/policy-model/generate-world.ts';
import { judgeCase } from '../support/policy-model/judge-case.ts';
import { realized } from '../support/policy-model/made-objects.ts';
import { POLICY_MUTANTS } from '../support/policy-model/mutants.ts';
import { WORLD_MUTANTS } from '../support/policy-model/world-mutants.ts';
import { DEEP } from '../support/sample.ts';

const CASES = DEEP ? 60_000 : 3000;
const LONG = { timeout: DEEP ? 600_000 : 60_000 };
const SEED = 1;
/** Cases with pull requests cost more. */
const WORLDS = DEEP ? 30_000 : 500;

async function agree(
  made: (seed: number) => ReturnType<typeof caseOf>,
  cases: number,
): Promise<void> {
  for (let seed = SEED; seed < SEED + cases; seed += 1) {
    const found = await disagreement(made(seed));
    if (found === undefined) continue;
    const small = await minimal(made(seed));
    const why = await disagreement(small);
    const shown = JSON.stringify({ seed, why, small }, null, 1);
    expect.fail(`the program and the model disagree, seed ${seed}: ${shown}`);
  }
}

describe('the faults that the second model must find', () => {
  it.each([...POLICY_MUTANTS, ...WORLD_MUTANTS])(
    '$name: its place is still in the source, once',
    ({ file, from }) => {
      const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
      expect(source.split(from).length).toBe(2);
    },
  );
});

describe('a second model of the policy, written from its documentation', () => {
  it('the program and the model judge random policies and histories alike (V1, V2)', LONG, () =>
    agree(caseOf, CASES),
  );

  it('they judge squashes, rebases, merges, approvals and statements alike (B1, J1)', LONG, () =>
    agree(worldCaseOf, WORLDS),
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

  it('the random pull requests meet every answer that their rules can give', () => {
    const counts = new Map<string, number>();
    for (let seed = SEED; seed < SEED + 1500; seed += 1) {
      const made = realized(worldCaseOf(seed));
      for (const { status, carried, code = carried ?? status } of judgeCase(made)) {
        counts.set(code, (counts.get(code) ?? 0) + 1);
      }
    }
    const answers = [
      ...['verified', 'squash', 'rebase', 'merge', 'too-few-approvals', 'too-few-signers'],
      ...[
        'merge-parent-not-verified',
        'attestation-missing',
        'policy-change-not-allowed',
        'policy-rolled-back',
      ],
    ];
    const seldom = answers.filter((code) => (counts.get(code) ?? 0) < 8);
    expect(seldom, JSON.stringify(Object.fromEntries(counts))).toEqual([]);
  });
});
