/** A planned run, judged: what the workers say, settled by what only this thread can ask. */

import type { Output } from '../report/formats.ts';
import type { Counts } from '../report/judged.ts';
import { verifyContext } from './judge.ts';
import type { Bench } from './outcome.ts';
import { type PolicyPlan, planTogether } from './plan.ts';
import { judgeObjects, type Run } from './range.ts';
import { settle } from './settle.ts';
import type { VerifySetup } from './setup.ts';
import type { TagBench } from './tag-chain.ts';

/** What single objects of a run are judged with. */
export function benchOf({ repository, crypto, judge, log, keys }: VerifySetup): Bench {
  return { repository, crypto, log, keys, context: verifyContext(judge, crypto) };
}

/** The same for tags; what is tagged may be a merge. */
export async function tagBench(setup: VerifySetup): Promise<TagBench> {
  const bench = benchOf(setup);
  const together = await planTogether(setup, bench, []);
  return { ...bench, ...together };
}

/** Judges everything that a plan requests; the counts come back. */
export function judgePlan(
  { requests, graph }: Pick<PolicyPlan, 'requests' | 'graph'>,
  { repository, crypto, judge }: VerifySetup,
  bench: Bench,
  how: { readonly output: Output } & Pick<Run, 'jobs' | 'onResult'>,
): Promise<Counts> {
  const { jobs, output, onResult } = how;
  const keep = graph === undefined ? {} : { keepOutcomes: true };
  return judgeObjects({
    ...{ repository, requests, crypto, jobs, onResult },
    settings: { ...judge, output, ...keep },
    settle: (batch, judged) => settle(batch, judged, { bench, output, graph }),
  });
}
