/**
 * Finds out what chose the trust root: a flag, the user's own configuration, the repository's if the user has allowed
 * it (settings/authority.ts), or the environment. A gate believes the environment only if `trust init` was run for that
 * very root on this machine (threat T06), so a variable left over from a test decides nothing.
 */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Crypto } from '../core/crypto.ts';
import { ConfigError } from '../errors.ts';
import type { ResolvedSettings, SettingName, Settings } from '../settings/load.ts';
import { originsIn, type SettingOrigin } from '../settings/origin.ts';
import { trustSourceOf } from './source.ts';

/** Settings that choose, strongest first. If a trust root is named, key files do not count. */
const CHOOSING = [
  ['trust'],
  ['fulcioRoot', 'rekorPublicKey', 'ctLogPublicKey', 'timestampCertChain'],
] as const satisfies readonly (readonly SettingName[])[];

/** Returns where the trust root in force was chosen. It is empty for the default. */
export function trustOrigins(resolved: ResolvedSettings): readonly SettingOrigin[] {
  const chosen = CHOOSING.map((names) =>
    names.filter((name) => resolved.settings[name] !== undefined),
  );
  return originsIn(chosen.find((each) => each.length > 0) ?? [], resolved);
}

/** Returns where the trust root was chosen, if the environment or the repository chose it and not the user (threat T06). */
export function quietTrustOrigin(resolved: ResolvedSettings): SettingOrigin | undefined {
  const origins = trustOrigins(resolved);
  return origins.find(({ by }) => by === 'environment' || by === 'repository');
}

/** Returns the path of the mark that `trust init` leaves in a mirror's folder. It says that the user chose the mirror here. */
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

/** Refuses a trust root that the environment alone chose, unless `trust init` set it up here. @throws ConfigError */
export function checkGateTrust(resolved: ResolvedSettings, crypto: Crypto): void {
  const { settings } = resolved;
  const quiet = trustOrigins(resolved).find(({ by }) => by === 'environment');
  if (quiet === undefined || isChosenHere(settings, crypto)) return;
  const { trust } = settings;
  throw new ConfigError(
    `verify ignores ${quiet.label}, because the environment must not decide whom to trust`,
    {
      hint:
        trust === undefined
          ? 'pass --trusted-root FILE, or run: git signet trust init --from FILE'
          : `if you trust it, add: --trusted-root '${trust}'   (or once: git signet trust init)`,
    },
  );
}
