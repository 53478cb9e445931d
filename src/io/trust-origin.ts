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
import { listGitConfig } from './git-config.ts';
import { flagOf, keyOf, SETTINGS, variablesOf } from './setting-table.ts';
import { trustSourceOf } from './trust-source.ts';

export interface TrustOrigin {
  readonly by: 'flag' | 'user' | 'environment' | 'repository';
  /** `SIGNET_TRUST`, `--trusted-root`, `signet.trust (.git/config)`. */
  readonly label: string;
}

/** Settings that choose, strongest first; below a trust root that is named, key files say nothing. */
const CHOOSING = [
  ['trust'],
  ['fulcioRoot', 'rekorPublicKey', 'ctLogPublicKey', 'timestampCertChain'],
] as const satisfies readonly (readonly SettingName[])[];

interface Entry {
  readonly scope: string;
  readonly origin: string;
}

/** The last entry of each key, with the file it stands in. */
async function entriesOf(sources: SettingsSources): Promise<ReadonlyMap<string, Entry>> {
  const list = await listGitConfig(sources, ['--show-scope', '--show-origin']);
  const fields = list.split('\0');
  const entries = new Map<string, Entry>();
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [scope = '', origin = '', entry = ''] = fields.slice(at, at + 3);
    entries.set(entry.split('\n', 1)[0] ?? '', { scope, origin: origin.replace(/^file:/, '') });
  }
  return entries;
}

function originOf(
  name: SettingName,
  entries: ReadonlyMap<string, Entry>,
  { flags, env }: SettingsSources,
): TrustOrigin {
  if (flags?.[name] !== undefined) return { by: 'flag', label: `--${flagOf(name)}` };
  const variable = variablesOf(name).findLast((each) => env[each] !== undefined);
  if (variable !== undefined) return { by: 'environment', label: variable };
  const own = keyOf(name);
  const key = entries.has(own) ? own : `gitsign.${SETTINGS[name].gitsign ?? ''}`;
  const { scope = '', origin = '' } = entries.get(key) ?? {};
  const user = scope === 'global' || scope === 'system' || scope === 'command';
  const shown = key === own ? `signet.${name}` : key;
  return { by: user ? 'user' : 'repository', label: `${shown} (${origin || 'git -c'})` };
}

/** Who chose what is in force; empty where nobody did. @throws ConfigError */
export async function trustOrigins(
  settings: Settings,
  sources: SettingsSources,
): Promise<readonly TrustOrigin[]> {
  const chosen = CHOOSING.map((names) => names.filter((name) => settings[name] !== undefined));
  const names = chosen.find((each) => each.length > 0) ?? [];
  if (names.length === 0) return [];
  const entries = await entriesOf(sources);
  return names.map((name) => originOf(name, entries, sources));
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
