/**
 * Decides about signatures without any log entry. They count only if policy (`unlogged: allowed`) and configuration
 * (`signet.log = none`) both say so by name. A timestamp then takes the place of the log's time. A log that cannot be
 * reached never leads to such a signature.
 */

import type { Crypto } from '../core/crypto.ts';
import type { IdentityPolicy } from '../core/verdict.ts';
import { ConfigError } from '../errors.ts';
import type { Settings } from '../settings/load.ts';
import type { Invocation } from '../system/invocation.ts';

/** Returns true if a signature without a log entry may count here. */
export function acceptsUnlogged(
  { log }: Pick<Settings, 'log'>,
  policy: IdentityPolicy | undefined,
): boolean {
  return log === 'none' && policy?.unlogged === 'allowed';
}

/**
 * Returns true if the next signature goes into no log. @throws ConfigError if the configuration says so, but the
 * configured policy does not
 */
export async function signsUnlogged(
  settings: Settings,
  { cwd, env }: Pick<Invocation, 'cwd' | 'env'>,
  crypto: Crypto,
): Promise<boolean> {
  if (settings.log !== 'none') return false;
  const { policy: named } = settings;
  const { loadConfiguredPolicy } = await import('./policy/file.ts');
  const policy =
    named === undefined ? undefined : await loadConfiguredPolicy(named, { cwd, env, crypto });
  if (acceptsUnlogged(settings, policy)) return true;
  const but =
    policy === undefined
      ? 'no policy (signet.policy) says'
      : `the policy ${policy.source} does not say`;
  throw new ConfigError(`nothing was signed: signet.log = none, but ${but} unlogged: allowed`, {
    hint: 'allow it in the policy too, or log again: git config --unset signet.log',
  });
}
