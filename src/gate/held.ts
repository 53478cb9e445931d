/** Finds what a repository holds about an object beside its signature: approvals, and the head that the object is carried from. */

import type { ParsedArguments } from '../cli/spec.ts';
import type { Outcome } from '../core/verdict.ts';
import type { GitRepository } from '../git/repository.ts';
import type { HeldFacts } from '../report/show-approvals.ts';
import { settingsHere } from '../settings/here.ts';
import { openStatements } from '../statements/store.ts';
import type { Invocation } from '../system/invocation.ts';
import type { ApprovedObject } from './approvals/held.ts';
import { orAnySigner } from './identity-flags.ts';
import type { VerifySetup } from './setup.ts';

/** Returns the outcome of a commit that only a rule about carried commits can accept. Undefined if no rule is for it. */
async function carriedOutcome(
  { id, type, raw }: ApprovedObject,
  setup: VerifySetup,
): Promise<Outcome | undefined> {
  const { commits = [] } = setup.judge.policy ?? {};
  if (type !== 'commit' || !commits.some(({ carried }) => carried !== undefined)) return undefined;
  const { judgeOutcome } = await import('./outcome.ts');
  const { judgingContext } = await import('./run.ts');
  const { openTogether } = await import('./together.ts');
  const judging = judgingContext(setup);
  const together = await openTogether(setup, judging);
  const own = await judgeOutcome({ id, type, raw }, judging);
  return together?.carried({ id }, own).finally(together.merges.close);
}

/**
 * Returns what the repository and the configured policy say. Without statements and without a policy, nothing is loaded.
 * @throws UsageError, ConfigError
 */
export async function heldFacts(
  object: ApprovedObject,
  args: ParsedArguments,
  invocation: Invocation,
  repository: GitRepository,
): Promise<HeldFacts & { readonly ruled: boolean }> {
  const settings = await settingsHere(invocation, { flags: args.flags });
  const stated = (await openStatements(repository).subjects()).size > 0;
  const ruled = settings.policy !== undefined;
  if (!stated && !ruled) return { approvals: [], ruled };
  const { setUpVerify } = await import('./setup.ts');
  const asked = orAnySigner(args, settings);
  const setup = await setUpVerify(asked, invocation, 'command', Promise.resolve(repository));
  try {
    const held = stated ? await import('./approvals/held.ts') : undefined;
    const approvals = (await held?.heldApprovals(object, setup)) ?? [];
    const outcome = await carriedOutcome(object, setup);
    const passes = outcome?.status === 'verified' && 'carried' in outcome;
    return { approvals, ruled, ...(passes ? { carried: outcome.carried } : {}) };
  } finally {
    await setup.close();
  }
}
