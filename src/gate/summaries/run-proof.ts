/** Finds what a run proves of every object that passes, for the verification summary. */

import { governing } from '../../core/policy/decide.ts';
import type { ObjectRule } from '../../core/policy/model.ts';
import type { RunProof } from '../../report/run-facts.ts';
import type { JudgeSettings } from '../judge.ts';

/** Returns what policy and options prove about commits for the ref of the run. `byParents`: their parents' policies judge them. */
export function runProof(
  { policy, ref, ignoreSct, unlogged = false }: Omit<JudgeSettings, 'output'>,
  byParents: boolean,
): RunProof {
  const one = byParents ? undefined : policy;
  const rules = one === undefined ? [] : governing(one, { type: 'commit', ref }, undefined);
  // the author and one other person are two, and so are two who approve
  const isTwoParty = ({ distinctSigners, approvals }: ObjectRule): boolean =>
    distinctSigners > 1 ||
    (approvals !== undefined && approvals.count > (approvals.notAuthor ? 0 : 1));
  return {
    ref,
    twoParty: rules.length > 0 && rules.every(isTwoParty),
    statements:
      policy?.attestations !== undefined || rules.some(({ approvals }) => approvals !== undefined),
    leftOut: [...(ignoreSct ? ['sct'] : []), ...(unlogged ? ['log'] : [])],
  };
}
