/**
 * How much of what is exhaustive runs: 1 in 16 by default, so that a developer has the answer within a minute, and all of
 * it with GIT_SIGNET_DEEP=yes, as in CI.
 */

export const DEEP = process.env['GIT_SIGNET_DEEP'] === 'yes';
const EVERY = 16;

/** The cases that run. `always`: those that are named by a test, whatever the sample. */
export function sampled<T>(cases: readonly T[], always: readonly T[] = []): readonly T[] {
  if (DEEP) return cases;
  const named = new Set(always);
  return cases.filter((one, index) => index % EVERY === EVERY >> 1 || named.has(one));
}
