/** Chooses whose verification summaries count, with a repository or without one. */

import { resolve } from 'node:path';
import type { ParsedArguments } from '../../cli/spec.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { IdentityPolicy } from '../../core/policy/model.ts';
import { ConfigError, UsageError } from '../../errors.ts';
import type { GitRepository } from '../../git/repository.ts';
import type { Settings } from '../../settings/load.ts';
import type { Invocation } from '../../system/invocation.ts';
import { noPolicyGiven, policyOfFlags } from '../identity-flags.ts';
import { choosePolicy } from '../policy/choice.ts';

export interface SummaryPolicySources {
  readonly args: ParsedArguments;
  readonly settings: Settings;
  readonly invocation: Invocation;
  readonly crypto: Crypto;
  /** Undefined outside of a repository. Then a policy can only come from flags or a file. */
  readonly repository: GitRepository | undefined;
}

async function withoutRepository(
  sources: SummaryPolicySources,
): Promise<IdentityPolicy | undefined> {
  const { args, settings, invocation, crypto } = sources;
  const { cwd, env } = invocation;
  const flags = policyOfFlags(args, crypto);
  const typed = args.flags.policy;
  const any = args.switches.has('unsafe-any-identity');
  const answers = [flags !== undefined, typed !== undefined, any].filter(Boolean).length;
  if (answers > 1) {
    throw new UsageError(
      'give only one of: a policy, --certificate-… flags, --unsafe-any-identity',
    );
  }
  if (args.values.has('policy-from')) throw new UsageError('--policy-from needs a repository');
  if (any || flags !== undefined) return flags;
  const files = await import('../policy/file.ts');
  if (typed !== undefined) return files.readPolicyFile(resolve(cwd, typed), crypto);
  if (settings.policy === undefined) throw noPolicyGiven();
  return files.loadConfiguredPolicy(settings.policy, { cwd, env, crypto });
}

/**
 * Returns the policy, or undefined if every signer counts. @throws UsageError, ConfigError if a policy file names no signer
 * of summaries
 */
export async function summaryPolicy(
  sources: SummaryPolicySources,
): Promise<IdentityPolicy | undefined> {
  const { repository } = sources;
  if (sources.args.values.get('policy-from') === 'parents') {
    throw new UsageError('--policy-from parents judges ranges of commits, not summaries');
  }
  // a start is for ranges, and the one that is configured may not be here
  const settings = { ...sources.settings, since: undefined };
  const policy =
    repository === undefined
      ? await withoutRepository(sources)
      : (await choosePolicy({ ...sources, settings, repository })).policy;
  if (policy === undefined || policy.identitiesOnly === true || policy.vsa !== undefined) {
    return policy;
  }
  throw new ConfigError(`${policy.source} does not say whose verification summaries count`, {
    code: 'POLICY_FILE',
    hint: 'add: vsa: {by: [NAME]}',
  });
}
