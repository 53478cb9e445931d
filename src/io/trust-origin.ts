/**
 * Who chose the trust root: nobody, the person who typed a flag, the user's own configuration, the environment, or the
 * repository's configuration. A gate believes the last two only where `trust init` was run for that very root on this
 * machine (threat T06): a variable left over from a test, or a clone that came with a `.git/config`, decides nothing.
 */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Crypto } from '../core/crypto.ts';
import { ConfigError } from '../errors.ts';
import type { SettingName, Settings, SettingsSources } from './config.ts';
import { type SettingOrigin, settingOrigins } from './setting-origin.ts';
import { trustSourceOf } from './trust-source.ts';

/** Settings that choose, strongest first; below a trust root that is named, key files say nothing. */
const CHOOSING = [
  ['trust'],
  ['fulcioRoot', 'rekorPublicKey', 'ctLogPublicKey', 'timestampCertChain'],
] as const satisfies readonly (readonly SettingName[])[];

/** Who chose what is in force; empty where nobody did. @throws ConfigError */
export async function trustOrigins(
  settings: Settings,
  sources: SettingsSources,
): Promise<readonly SettingOrigin[]> {
  const chosen = CHOOSING.map((names) => names.filter((name) => settings[name] !== undefined));
  const names = chosen.find((each) => each.length > 0) ?? [];
  return settingOrigins(names, sources);
}

/** The mark that `trust init` leaves in a mirror's folder: a person chose it here. */
export function chosenMark(directory: string): string {
  return join(directory, 'chosen');
}

function isChosenHere(settings: Settings, crypto: Crypto): boolean {
  const source = trustSourceOf(settings, crypto);
  if (source.kind === 'file') return dirname(source.path) === settings.trustCache;
  return (
    source.kind === 'mirror' &&
    source.directory !== undefined &&
    existsSync(chosenMark(source.directory))
  );
}

/**
 * A gate's trust root is said on its command line, in the user's own configuration, or was set up by `trust init`. A
 * hook that is `installed` believes the configuration beside it too: whoever writes that could replace the hook.
 * @throws ConfigError where environment or repository alone chose it
 */
export async function checkGateTrust(
  settings: Settings,
  sources: SettingsSources,
  crypto: Crypto,
  installed = false,
): Promise<void> {
  const origins = await trustOrigins(settings, sources);
  const quiet = origins.find(
    ({ by }) => by === 'environment' || (by === 'repository' && !installed),
  );
  if (quiet === undefined || isChosenHere(settings, crypto)) return;
  const { trust } = settings;
  throw new ConfigError(
    `${quiet.label} chooses the trust root, and verify does not take its word`,
    {
      hint:
        trust === undefined
          ? 'name a trusted root: add --trusted-root FILE, or: git signet trust init --from FILE'
          : `if you mean it, add: --trusted-root '${trust}'   (or once: git signet trust init)`,
    },
  );
}
