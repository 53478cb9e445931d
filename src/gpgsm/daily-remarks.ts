/**
 * What a person is told once a day beside a verdict for git, at the terminal alone; `git signet doctor` says the same at
 * any time.
 */

import { toHex, utf8 } from '../core/bytes.ts';
import type { Verdict } from '../core/verdict.ts';
import type { VerifyContext } from '../core/verify.ts';
import { resolveSettings, type Settings } from '../settings/load.ts';
import type { Invocation } from '../system/invocation.ts';
import { remarkOnceADay } from '../system/once-a-day.ts';
import { namesKeyFiles } from '../trust/source.ts';

/**
 * Makes the remarks that are due: no policy, a trust root that the environment or the repository chose (threat T06),
 * settings of the repository that do not count. Later talk goes to the terminal too, so they come last.
 * @throws ConfigError
 */
export async function remarkDaily(
  verdict: Verdict,
  settings: Settings,
  { trust, crypto }: VerifyContext,
  invocation: Invocation,
): Promise<void> {
  const { env, cwd } = invocation;
  if (verdict.status === 'verified' && verdict.rule === undefined)
    await remarkOnceADay('no-policy', invocation, () =>
      Promise.resolve('no policy is configured, so every signer passes: git signet help policy'),
    );
  if (settings.trust !== undefined || namesKeyFiles(settings))
    await remarkOnceADay(`trust-${trust.digest.slice(0, 16)}`, invocation, async () => {
      const { quietTrustOrigin } = await import('../trust/origin.ts');
      const quiet = quietTrustOrigin(await resolveSettings({ env, cwd, caller: 'verify' }));
      const says = 'the trust root is the one that';
      return quiet && `${says} ${quiet.label} chooses: git signet trust show`;
    });
  if (settings.ignored !== undefined) {
    const { ignoredLine } = await import('../settings/here.ts');
    const line = ignoredLine(settings.ignored);
    const topic = toHex(crypto.hash('sha256', utf8(`${cwd}\n${line}`))).slice(0, 16);
    await remarkOnceADay(`ignored-${topic}`, invocation, () => Promise.resolve(line));
  }
}
