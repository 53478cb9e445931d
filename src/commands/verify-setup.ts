/**
 * What `verify` and `verify-tag` need before the first object: settings, trust, policy, repository, and the way to
 * log entries that signatures do not embed. Everything that can be said wrongly is found here, before any verdict.
 */

import { resolve } from 'node:path';
import type { Crypto } from '../core/crypto.ts';
import type { IdentityPolicy } from '../core/verdict.ts';
import { UsageError } from '../errors.ts';
import { loadSettings, type Settings } from '../io/config.ts';
import { loadCrypto } from '../io/crypto-port.ts';
import { type GitRepository, openRepository } from '../io/git-repository.ts';
import { checkGateTrust } from '../io/trust-origin.ts';
import { loadTrust } from '../io/trust-store.ts';
import type { ParsedArguments } from './arguments.ts';
import type { Invocation } from './command.ts';
import { type LogAccess, openLogAccess } from './log-entries.ts';
import type { JudgeSettings } from './range-judge.ts';
import { acceptsUnlogged } from './unlogged.ts';
import { nobodySaid, policyOfFlags } from './verify-options.ts';

export interface VerifySetup {
  readonly repository: GitRepository;
  readonly crypto: Crypto;
  /** Everything but what to make of a verdict. */
  readonly judge: Omit<JudgeSettings, 'output'>;
  readonly log: LogAccess;
}

/** The policy of a file or of a revision; undefined when none is named. */
async function namedPolicy(
  args: ParsedArguments,
  settings: Settings,
  invocation: Invocation,
  crypto: Crypto,
): Promise<IdentityPolicy | undefined> {
  const revision = args.values.get('policy-from');
  if (args.flags.policy !== undefined && revision !== undefined) {
    throw new UsageError('--policy and --policy-from: only one of them');
  }
  const typed = args.flags.policy;
  const { cwd, env } = invocation;
  const files = await import('../io/policy-file.ts');
  if (revision !== undefined) {
    return files.readPolicyAt(`${revision}:.signet.yaml`, cwd, env, crypto);
  }
  if (typed !== undefined) return files.readPolicyFile(resolve(cwd, typed), crypto);
  if (settings.policy === undefined) return undefined;
  return files.loadConfiguredPolicy(settings.policy, cwd, env, crypto);
}

/**
 * Who may have signed, as exactly one of flags, policy and "anybody" says it; undefined means anybody.
 * @throws UsageError when nothing says so, or two things do
 */
async function choosePolicy(
  args: ParsedArguments,
  settings: Settings,
  invocation: Invocation,
  crypto: Crypto,
): Promise<IdentityPolicy | undefined> {
  const flags = policyOfFlags(args, crypto);
  const typed = args.flags.policy !== undefined || args.values.has('policy-from');
  const anybody = args.switches.has('unsafe-any-identity');
  if ([flags !== undefined, typed, anybody].filter(Boolean).length > 1) {
    throw new UsageError(
      'a policy, --certificate-… flags and --unsafe-any-identity: only one of them',
    );
  }
  if (anybody || flags !== undefined) return flags;
  const policy = await namedPolicy(args, settings, invocation, crypto);
  if (policy === undefined) throw nobodySaid();
  return policy;
}

/** Reads everything that the arguments name. @throws UsageError, ConfigError (exit 2) */
export async function setUpVerify(
  args: ParsedArguments,
  invocation: Invocation,
): Promise<VerifySetup> {
  const { env, cwd, now, terminal } = invocation;
  const repository = await openRepository(cwd, env);
  const settings = await loadSettings({ env, cwd, flags: args.flags });
  const crypto = await loadCrypto();
  const policy = await choosePolicy(args, settings, invocation, crypto);
  if (acceptsUnlogged(settings, policy)) {
    terminal.say(
      `signatures IN NO LOG count here: unlogged: allowed (${policy?.source}) and signet.log = none`,
    );
  }
  await checkGateTrust(settings, { env, cwd, flags: args.flags }, crypto);
  const trust = await loadTrust(settings, crypto);
  const judge = {
    ...{ trust, now: now(), format: repository.format },
    ignoreSct: args.switches.has('insecure-ignore-sct'),
    unlogged: acceptsUnlogged(settings, policy),
    matchCommitter: settings.matchCommitter,
    ...(policy === undefined ? {} : { policy }),
  };
  return { repository, crypto, judge, log: openLogAccess({ settings, crypto, env, now }) };
}
