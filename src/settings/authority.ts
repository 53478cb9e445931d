/**
 * Decides which values of git's configuration count, and for which caller. The author of a directory writes its
 * configuration. So a value there must not make a verdict milder, run a program, or decide where a secret goes, until the
 * user has allowed it. A stricter value always counts. This file is pure, and the allowed values are an argument.
 */

import type { ConfigEntry } from '../git/config.ts';
import { gitBoolean } from '../git/config.ts';
import type { SettingClass } from './setting.ts';
import { DEFAULTS, type IgnoredSetting, type SettingName } from './settings.ts';
import { classOf, keyOf, SETTING_NAMES, SETTINGS } from './table.ts';

/**
 * The caller that reads the settings. `command`: a command of this program. `sign`, `verify`: git's two calls. A reaching
 * value costs nothing more there, because git would run any program that the same file names. `server`: a hook that is
 * installed in a bare repository, whose configuration belongs to the server's owner.
 */
export type SettingCaller = 'command' | 'sign' | 'verify' | 'server';

/** The classes that count from a repository without being allowed. What is `both` decides, at signing, where a signature goes. */
const COUNT: Readonly<Record<SettingCaller, readonly SettingClass[]>> = {
  command: ['harmless'],
  sign: ['harmless', 'reaching', 'both'],
  verify: ['harmless', 'reaching'],
  server: ['harmless', 'milder', 'reaching', 'both'],
};

const PROTECTED: readonly string[] = ['system', 'global', 'command'];

/** Returns whether a value is in the repository's own files. An unknown scope counts as that. */
export function isOfRepository({ scope }: ConfigEntry): boolean {
  return !PROTECTED.includes(scope);
}

/** What stands in git's configuration for one key: last of the protected values, last of the repository's, and which is later. */
interface Stands {
  readonly own: ConfigEntry | undefined;
  readonly repository: ConfigEntry | undefined;
  readonly last: ConfigEntry;
}

const OURS = /^(?:signet|gitsign)\./;

function standing(entries: readonly ConfigEntry[]): ReadonlyMap<string, Stands> {
  const found = new Map<string, Stands>();
  for (const entry of entries) {
    if (!OURS.test(entry.key)) continue;
    const before = found.get(entry.key);
    const repository = isOfRepository(entry);
    found.set(entry.key, {
      own: repository ? before?.own : entry,
      repository: repository ? entry : before?.repository,
      last: entry,
    });
  }
  return found;
}

/** Returns git's keys for a setting, strongest first. */
export function gitKeysOf(name: SettingName): readonly string[] {
  const { gitsign } = SETTINGS[name];
  return gitsign === undefined ? [keyOf(name)] : [keyOf(name), `gitsign.${gitsign}`];
}

/** Returns the key as users write it, because git prints it in lower case. */
export function shownKey(name: SettingName, { key }: ConfigEntry): string {
  return key === keyOf(name) ? `signet.${name}` : key;
}

/** Returns the text with the same effect as a value. An empty text means the default, and booleans have several spellings. */
function effectOf(name: SettingName, entry: ConfigEntry | undefined): string | undefined {
  const usual: unknown = (DEFAULTS as Readonly<Record<string, unknown>>)[name];
  const otherwise = usual === undefined ? undefined : String(usual);
  if (entry === undefined) return otherwise;
  if (SETTINGS[name].kind === 'boolean') return String(gitBoolean(entry.value));
  return entry.value === '' ? otherwise : entry.value;
}

/** Returns whether a value changes nothing, or is stricter, which a repository may always be. */
function isStricter(name: SettingName, entry: ConfigEntry, own: ConfigEntry | undefined): boolean {
  const [wanted, without] = [effectOf(name, entry), effectOf(name, own)];
  if (wanted === without) return true;
  const { stricter } = SETTINGS[name];
  if (wanted === undefined || stricter === undefined) return false;
  if (stricter === 'narrower') return without === undefined;
  return stricter.includes(wanted) && stricter.indexOf(wanted) >= stricter.indexOf(without ?? '');
}

export interface Authority {
  readonly caller: SettingCaller;
  /** Returns whether the user allowed this value for this repository. */
  readonly allowed: (entry: ConfigEntry) => boolean;
  /** Returns whether a flag or a variable overrides git's configuration. */
  readonly outweighed: (name: SettingName) => boolean;
}

/** The values of git's configuration that count, and those that do not. */
export interface Settled {
  readonly counting: ReadonlyMap<SettingName, ConfigEntry>;
  readonly ignored: readonly (IgnoredSetting & { readonly entry: ConfigEntry })[];
}

/** Decides, for each setting, which value of git's configuration counts for this caller. */
export function settleEntries(entries: readonly ConfigEntry[], authority: Authority): Settled {
  const { caller, allowed, outweighed } = authority;
  const found = standing(entries);
  const counting = new Map<SettingName, ConfigEntry>();
  const ignored: Settled['ignored'][number][] = [];
  if (found.size === 0) return { counting, ignored };
  for (const name of SETTING_NAMES) {
    const keys = gitKeysOf(name).filter((key) => found.has(key));
    if (keys.length === 0) continue;
    const ownKey = keys.find((key) => found.get(key)?.own !== undefined) ?? '';
    const own = found.get(ownKey)?.own;
    for (const key of keys) {
      const { last, own: here } = found.get(key) as Stands;
      const kind = classOf(name);
      const counts =
        !isOfRepository(last) ||
        COUNT[caller].includes(kind) ||
        (kind !== 'protected' && allowed(last)) ||
        isStricter(name, last, own);
      if (counts) {
        counting.set(name, last);
        break;
      }
      if (!outweighed(name)) {
        const origin = last.origin;
        ignored.push({
          name,
          key: shownKey(name, last),
          origin,
          entry: last,
          allowable: kind !== 'protected',
        });
      }
      if (here !== undefined) {
        counting.set(name, here);
        break;
      }
    }
  }
  return { counting, ignored };
}
