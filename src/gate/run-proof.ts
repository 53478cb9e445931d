/** Finds what a run proves of every object that passes, for the verification summary. */

import { governing } from '../core/policy/decide.ts';
import type { RunProof } from '../report/run-facts.ts';
import type { JudgeSettings } from './judge.ts';

/** Returns what policy and options prove about commits for the ref of the run. `byParents`: their parents' policies judge them. */
export function runProof(
  { policy, ref, ignoreSct, unlogged = false }: Omit<JudgeSettings, 'output'>,
  byParents: boolean,
): RunProof {
  const one = byParents ? undefined : policy;
  const rules = one === undefined ? [] : governing(one, { type: 'commit', ref }, undefined);
  return {
    ref,
    twoParty: rules.length > 0 && rules.every(({ distinctSigners }) => distinctSigners > 1),
    leftOut: [...(ignoreSct ? ['sct'] : []), ...(unlogged ? ['log'] : [])],
  };
}
