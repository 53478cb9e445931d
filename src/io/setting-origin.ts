/** Where the value of a setting stands that is in force: a flag, a variable, a file of git's configuration; and how to take it back there. */

import { isAbsolute } from 'node:path';
import type { SettingName, SettingsSources } from './config.ts';
import { listGitConfig } from './git-config.ts';
import { flagOf, keyOf, SETTINGS, variablesOf } from './setting-table.ts';

export interface SettingOrigin {
  readonly by: 'flag' | 'user' | 'environment' | 'repository';
  /** `SIGNET_TRUST`, `--trusted-root`, `signet.trust (.git/config)`. */
  readonly label: string;
  /** `SIGNET_TRUST`, `--trusted-root`, `.git/config`, `git -c`. */
  readonly place: string;
  /** What takes the value away: a command, where one can. */
  readonly undo: string;
}

interface Entry {
  readonly scope: string;
  /** The file, or `command line`. */
  readonly origin: string;
}

/** The last entry of each key, with the file it stands in. */
async function entriesOf(sources: SettingsSources): Promise<ReadonlyMap<string, Entry>> {
  const list = await listGitConfig(sources, ['--show-scope', '--show-origin']);
  const fields = list.split('\0');
  const entries = new Map<string, Entry>();
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [scope = '', origin = '', entry = ''] = fields.slice(at, at + 3);
    entries.set(entry.split('\n', 1)[0] ?? '', { scope, origin: origin.replace(/^file:|:$/g, '') });
  }
  return entries;
}

function placeOf(entry: Entry | undefined): string {
  return entry?.origin || 'git -c';
}

/** Where a key of git's configuration stands that is in force: a file, `command line`. @throws ConfigError */
export async function keyPlace(key: string, sources: SettingsSources): Promise<string> {
  return placeOf((await entriesOf(sources)).get(key));
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w.+@:/\\-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** By file where git names a whole path: --global may mean two files, and either may include a third. */
function undoInGit(key: string, { scope, origin }: Entry): string {
  if (scope === 'command') return `leave ${key} out of git -c and GIT_CONFIG_COUNT`;
  const where = isAbsolute(origin) ? `--file ${quoted(origin)}` : `--${scope}`;
  return `git config ${where} --unset-all ${key}`;
}

function originOf(
  name: SettingName,
  entries: ReadonlyMap<string, Entry>,
  { flags, env }: SettingsSources,
): SettingOrigin {
  if (flags?.[name] !== undefined) {
    const flag = `--${flagOf(name)}`;
    return { by: 'flag', label: flag, place: flag, undo: `leave ${flag} out` };
  }
  const variable = variablesOf(name).findLast((each) => env[each] !== undefined);
  if (variable !== undefined) {
    const undo = `unset ${variable}`;
    return { by: 'environment', label: variable, place: variable, undo };
  }
  const own = keyOf(name);
  const key = entries.has(own) ? own : `gitsign.${SETTINGS[name].gitsign ?? ''}`;
  const entry = entries.get(key) ?? { scope: '', origin: '' };
  const { scope } = entry;
  const user = scope === 'global' || scope === 'system' || scope === 'command';
  const shown = key === own ? `signet.${name}` : key;
  const place = placeOf(entry);
  const label = `${shown} (${place})`;
  return { by: user ? 'user' : 'repository', label, place, undo: undoInGit(shown, entry) };
}

/** Where each of these settings stands, which are all set. @throws ConfigError */
export async function settingOrigins(
  names: readonly SettingName[],
  sources: SettingsSources,
): Promise<readonly SettingOrigin[]> {
  if (names.length === 0) return [];
  const entries = await entriesOf(sources);
  return names.map((name) => originOf(name, entries, sources));
}
