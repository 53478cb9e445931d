/**
 * Finds the levels and properties that a verification summary may claim (SLSA 1.2: slsa.dev/spec/v1.2/source-requirements),
 * and why it claims no more. It claims what every commit of the run proved under the policy, and nothing else.
 */

import type { ReportSubject } from './format.ts';
import type { RunProof } from './run-facts.ts';

/** git keeps the source, and the repository has a name. */
export const SOURCE_LEVEL = 'SLSA_SOURCE_LEVEL_1';
export const SIGNED = 'ORG_SOURCE_SIGNED';
export const TWO_PARTY = 'ORG_SOURCE_TWO_PARTY';
export const FAILED = 'FAILED';

const NEXT_LEVEL =
  'level 2 needs a record of every change of the refs, and a run sees commits and a policy';

export interface SourceLevels {
  readonly verified: readonly string[];
  /** What is not claimed, and why. */
  readonly notClaimed: Readonly<Record<string, string>>;
}

interface JudgedRun {
  readonly proof: RunProof;
  readonly subjects: readonly ReportSubject[];
  /** Commits that passed without a signature of their own. */
  readonly carried: number;
}

function whyNotSigned({ proof, subjects, carried }: JudgedRun): string | undefined {
  const [leftOut] = proof.leftOut;
  if (leftOut !== undefined) return `the run left out a check (${proof.leftOut.join(', ')})`;
  if (subjects.some(({ base }) => base === undefined || base.length === 0)) {
    return 'the run was about single objects, so it has no first commit: name a range A..B';
  }
  if (carried > 0) return `${carried} of the commits passed as carried, without a good signature`;
  return undefined;
}

function whyNotTwoParty(run: JudgedRun): string | undefined {
  const { proof, carried } = run;
  const why = whyNotSigned({ ...run, carried: 0 });
  if (why !== undefined) return why;
  if (proof.twoParty) return undefined;
  const where = proof.ref === undefined ? 'these commits' : proof.ref;
  const also = carried > 0 ? ' or approvals' : '';
  return `the policy asks for no second person on ${where} (distinct-signers${also})`;
}

/** Returns the levels of a run that passed. */
export function sourceLevels(run: JudgedRun): SourceLevels {
  const properties = { [SIGNED]: whyNotSigned(run), [TWO_PARTY]: whyNotTwoParty(run) };
  const all = Object.entries(properties);
  return {
    verified: [SOURCE_LEVEL, ...all.flatMap(([name, why]) => (why === undefined ? [name] : []))],
    notClaimed: {
      SLSA_SOURCE_LEVEL_2: NEXT_LEVEL,
      ...Object.fromEntries(all.flatMap(([name, why]) => (why === undefined ? [] : [[name, why]]))),
    },
  };
}
