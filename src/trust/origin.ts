/**
 * Who chose the trust root: nobody, the person who typed a flag, the user's own configuration, the repository's, where the
 * user has allowed that (settings/authority.ts), or the environment. A gate believes the environment only where `trust
 * init` was run for that very root on this machine (threat T06): a variable left over from a test decides nothing.
 */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Crypto } from '../core/crypto.ts';
import { ConfigError } from '../errors.ts';
import type { ResolvedSettings, SettingName, Settings } from '../settings/load.ts';
import { originsIn, type SettingOrigin } from '../settings/origin.ts';
import { trustSourceOf } from './source.ts';

/** Settings that choose, strongest first; below a trust root that is named, key files say nothing. */
const CHOOSING = [
  ['trust'],
  ['fulcioRoot', 'rekorPublicKey', 'ctLogPublicKey', 'timestampCertChain'],
] as const satisfies readonly (readonly SettingName[])[];

/** Returns who chose the trust root in force; nobody did where it is empty. */
export function trustOrigins(resolved: ResolvedSettings): readonly SettingOrigin[] {
  const chosen = CHOOSING.map((names) =>
    names.filter((name) => resolved.settings[name] !== undefined),
  );
  return originsIn(chosen.find((each) => each.length > 0) ?? [], resolved);
}

/** Who chose the trust root, where that is the environment or the repository and not the user (threat T06). */
export function quietTrustOrigin(resolved: ResolvedSettings): SettingOrigin | undefined {
  const origins = trustOrigins(resolved);
  return origins.find(({ by }) => by === 'environment' || by === 'repository');
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

/** Refuses a trust root that the environment alone chose, unless `trust init` set it up here. @throws ConfigError */
export function checkGateTrust(resolved: ResolvedSettings, crypto: Crypto): void {
  const { settings } = resolved;
  const quiet = trustOrigins(resolved).find(({ by }) => by === 'environment');
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
