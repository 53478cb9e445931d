/** Where the value of a setting stands that is in force: a flag, a variable, a file of git's configuration; and how to take it back there. */

import { isAbsolute } from 'node:path';
import type { ConfigEntry } from '../git/config.ts';
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
  /** What takes the value away: a command, where one can. */
  readonly undo: string;
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w.+@:/\\-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** By file where git names a whole path: --global may mean two files, and either may include a third. */
function undoInGit(key: string, { scope, origin }: ConfigEntry): string {
  if (scope === 'command') return `leave ${key} out of git -c and GIT_CONFIG_COUNT`;
  const where = isAbsolute(origin) ? `--file ${quoted(origin)}` : `--${scope}`;
  return `git config ${where} --unset-all ${key}`;
}

function originOf({ label: shown, entry }: FoundSetting): SettingOrigin {
  if (entry === undefined) {
    const flag = shown.startsWith('--');
    const undo = flag ? `leave ${shown} out` : `unset ${shown}`;
    return { by: flag ? 'flag' : 'environment', label: shown, place: shown, undo };
  }
  const place = entry.origin || 'git -c';
  const by = isOfRepository(entry) ? 'repository' : 'user';
  return { by, label: `${shown} (${place})`, place, undo: undoInGit(shown, entry) };
}

/** Returns where each of these settings stands that is set, in their order. */
export function originsIn(
  names: readonly SettingName[],
  { found }: Pick<ResolvedSettings, 'found'>,
): readonly SettingOrigin[] {
  return names.flatMap((name) => {
    const one = found.get(name);
    return one === undefined ? [] : [originOf(one)];
  });
}

/** The same, for who asks about nothing else. @throws ConfigError */
export async function settingOrigins(
  names: readonly SettingName[],
  sources: SettingsSources,
): Promise<readonly SettingOrigin[]> {
  return originsIn(names, await resolveSettings(sources));
}
