/** Tells each report what judged the run, and where each part was named. */

import type { ParsedArguments } from '../cli/spec.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import type { RunFacts } from '../report/run-facts.ts';
import type { ResolvedSettings, SettingName } from '../settings/load.ts';
import { originsIn } from '../settings/origin.ts';
import { trustOrigins } from '../trust/origin.ts';
import type { PolicyChoice } from './policy/choice.ts';

/** The facts of a run, with its whole trust root. */
export type JudgedBy = RunFacts & { readonly trust: TrustMaterial };

function originOf(name: SettingName, resolved: ResolvedSettings): string | undefined {
  return originsIn([name], resolved)[0]?.label;
}

function policyOrigin(
  { values, flags }: ParsedArguments,
  resolved: ResolvedSettings,
): string | undefined {
  const from = values.get('policy-from');
  if (from !== undefined) return `--policy-from ${from}`;
  const byName = [...values.keys()].find((name) => name.startsWith('certificate-'));
  if (byName !== undefined && flags.policy === undefined) return `--${byName}`;
  return originOf('policy', resolved);
}

/** Returns policy, trust root and start of a run, and where each was named. */
export function judgedBy(
  { policy, since }: PolicyChoice,
  { trust, repository }: { readonly trust: TrustMaterial; readonly repository: string },
  args: ParsedArguments,
  resolved: ResolvedSettings,
): JudgedBy {
  const chosen = trustOrigins(resolved).map(({ label }) => label);
  const origin = policyOrigin(args, resolved);
  const start = originOf('since', resolved) ?? 'the policy';
  return {
    repository,
    trust: { ...trust, origin: chosen.length === 0 ? 'the default' : chosen.join(', ') },
    policy: policy && { source: policy.source, digest: policy.digest, origin },
    since: since === undefined ? undefined : { commit: since, origin: start },
    ignored: resolved.settings.ignored,
  };
}
