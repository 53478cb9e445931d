/**
 * Signatures without any log entry: only where policy (`unlogged: allowed`) and configuration (`signet.log = none`)
 * both say so by name, with a timestamp in the place of the log's time. Never because a log could not be reached.
 */

import type { Crypto } from '../core/crypto.ts';
import type { IdentityPolicy } from '../core/verdict.ts';
import { ConfigError } from '../errors.ts';
import type { Settings } from '../settings/load.ts';
import type { Invocation } from '../system/invocation.ts';

/** True when a signature without a log entry may count here. */
export function acceptsUnlogged(
  { log }: Pick<Settings, 'log'>,
  policy: IdentityPolicy | undefined,
): boolean {
  return log === 'none' && policy?.unlogged === 'allowed';
}

/**
 * True when the signature to be made is to be in no log. @throws ConfigError when the configuration says so and the
 * configured policy does not
 */
export async function signsUnlogged(
  settings: Settings,
  { cwd, env }: Pick<Invocation, 'cwd' | 'env'>,
  crypto: Crypto,
): Promise<boolean> {
  if (settings.log !== 'none') return false;
  const { policy: named } = settings;
  const { loadConfiguredPolicy } = await import('./policy-file.ts');
  const policy =
    named === undefined ? undefined : await loadConfiguredPolicy(named, cwd, env, crypto);
  if (acceptsUnlogged(settings, policy)) return true;
  const but =
    policy === undefined
      ? 'no policy (signet.policy) says'
      : `the policy ${policy.source} does not say`;
  throw new ConfigError(`signet.log = none, but ${but} unlogged: allowed; nothing was signed`, {
    hint: 'both must say it by name; to log again: git config --unset signet.log',
  });
}
