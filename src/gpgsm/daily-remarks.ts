/**
 * Tells the user at the terminal, once a day, what `git signet doctor` would say: no policy, another trust root, settings
 * that do not count.
 */

import { toHex, utf8 } from '../core/bytes.ts';
import type { Verdict } from '../core/verdict.ts';
import type { VerifyContext } from '../core/verify.ts';
import { resolveSettings, type Settings } from '../settings/load.ts';
import type { Invocation } from '../system/invocation.ts';
import { remarkOnceADay } from '../system/once-a-day.ts';
import { namesKeyFiles } from '../trust/source.ts';

/**
 * Prints the remarks that are due: there is no policy, the environment or the repository chose the trust root (threat T06),
 * or settings of the repository do not count. All later lines go to the terminal too, so this is called last.
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
