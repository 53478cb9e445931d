/** Finds the origin of a setting's value (a flag, a variable, or a file of git's configuration), and how to remove it there. */

import { isAbsolute } from 'node:path';
import type { ConfigEntry } from '../git/config.ts';
import { shellWord } from '../system/shell.ts';
import { isOfRepository } from './authority.ts';
import {
  type FoundSetting,
  type ResolvedSettings,
  resolveSettings,
  type SettingName,
  type SettingsSources,
} from './load.ts';

export interface SettingOrigin {
  readonly by: 'flag' | 'user' | 'environment' | 'repository';
  /** `SIGNET_TRUST`, `--trusted-root`, `signet.trust (.git/config)`. */
  readonly label: string;
  /** `SIGNET_TRUST`, `--trusted-root`, `.git/config`, `git -c`. */
  readonly place: string;
  /** git's word for the kind of file: `global`, `local`. Undefined for a flag or a variable. */
  readonly scope: string | undefined;
  /** How to remove the value: a command if there is one. */
  readonly undo: string;
}

/** Returns the command that removes a value. It names the file if git gives an absolute path, because --global may mean several files. */
function undoInGit(key: string, { scope, origin }: ConfigEntry): string {
  if (scope === 'command') return `leave ${key} out of git -c and GIT_CONFIG_COUNT`;
  const where = isAbsolute(origin) ? `--file ${shellWord(origin)}` : `--${scope}`;
  return `git config ${where} --unset-all ${key}`;
}

function originOf({ label: shown, entry }: FoundSetting): SettingOrigin {
  if (entry === undefined) {
    const flag = shown.startsWith('--');
    const undo = flag ? `leave ${shown} out` : `unset ${shown}`;
    return {
      ...{ by: flag ? 'flag' : 'environment', label: shown, place: shown, undo },
      scope: undefined,
    };
  }
  const place = entry.origin || 'git -c';
  const by = isOfRepository(entry) ? 'repository' : 'user';
  const undo = undoInGit(shown, entry);
  return { by, label: `${shown} (${place})`, place, scope: entry.scope, undo };
}

/** Returns the origin of each of these settings that is set, in their order. */
export function originsIn(
  names: readonly SettingName[],
  { found }: Pick<ResolvedSettings, 'found'>,
): readonly SettingOrigin[] {
  return names.flatMap((name) => {
    const one = found.get(name);
    return one === undefined ? [] : [originOf(one)];
  });
}

/** Resolves the settings and returns the origins of these. @throws ConfigError */
export async function settingOrigins(
  names: readonly SettingName[],
  sources: SettingsSources,
): Promise<readonly SettingOrigin[]> {
  return originsIn(names, await resolveSettings(sources));
}
