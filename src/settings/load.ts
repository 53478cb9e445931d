/**
 * Loads the settings. Later sources override earlier ones: default, gitsign.*, signet.*, SIGSTORE_*, GITSIGN_*, SIGNET_*, flag.
 * A child process asks git for its configuration once. settings/authority.ts decides which values of a repository count. If
 * a value cannot be read, the error names the key, the origin and what was expected.
 */

import { closest } from '../core/closest.ts';
import { ConfigError } from '../errors.ts';
import { type ConfigEntry, gitBoolean, listGitConfig, parseGitConfig } from '../git/config.ts';
import type { Environment } from '../system/environment.ts';
import { isAbsolute, join } from '../system/paths.ts';
import {
  isOfRepository,
  type SettingCaller,
  type Settled,
  settleEntries,
  shownKey,
} from './authority.ts';
import type { SettingKind } from './setting.ts';
import { DEFAULTS, type SettingName, type Settings } from './settings.ts';
import { flagOf, keyOf, SETTING_NAMES, SETTINGS, variablesOf } from './table.ts';

export type { SettingCaller } from './authority.ts';
export type { IgnoredSetting, SettingName, Settings } from './settings.ts';

export interface SettingsSources {
  readonly env: Environment;
  readonly cwd: string;
  /** Values typed on the command line, by setting name. */
  readonly flags?: Readonly<Partial<Record<SettingName, string>>> | undefined;
  /** The caller, by default a command of this program. */
  readonly caller?: SettingCaller;
  /** The result of listGitConfig, if it is known (for tests). */
  readonly gitConfig?: string;
  /** The same, asked for already, from where errors are told as always. */
  readonly askedGit?: Promise<string> | undefined;
}

type Value = string | number | boolean;

/** A value as it was found. `undefined` text is a bare key of git's configuration. */
export interface FoundSetting {
  readonly text: string | undefined;
  /** Its name in an error: `signet.quiet`, `GITSIGN_LOG`, `--quiet`. */
  readonly label: string;
  /** git's entry. Absent for a flag or a variable. */
  readonly entry?: ConfigEntry;
}
type Found = FoundSetting;

/** The error for a value that cannot be read. */
class Unreadable extends Error {
  readonly found: Found;
  constructor(found: Found, problem: string) {
    super(problem);
    this.found = found;
  }
}

const WEB: readonly string[] = ['http:', 'https:'];

function readUrl(found: Found, text: string, keepSlash: boolean): string {
  const expected = 'expected an http or https address without user name or password';
  if (!URL.canParse(text)) throw new Unreadable(found, expected);
  const url = new URL(text);
  if (!WEB.includes(url.protocol)) throw new Unreadable(found, expected);
  if (url.username !== '' || url.password !== '') throw new Unreadable(found, expected);
  let end = text.length;
  while (!keepSlash && text[end - 1] === '/') end -= 1;
  return text.slice(0, end);
}

/** Reads the value as the setting's kind, or undefined if an empty text means the default. */
function readValue(kind: SettingKind, found: Found, env: Environment): Value | undefined {
  const { text } = found;
  if (kind === 'boolean') {
    const value = gitBoolean(text);
    if (value === undefined) throw new Unreadable(found, 'expected true or false');
    return value;
  }
  if (text === undefined) throw new Unreadable(found, 'expected a value, found a bare key');
  if (text === '') return undefined;
  if (text.includes('\0')) throw new Unreadable(found, 'expected text without NUL');
  if (kind === 'url' || kind === 'issuer') return readUrl(found, text, kind === 'issuer');
  if (kind === 'seconds' || kind === 'count') {
    const expected = kind === 'seconds' ? 'expected a number of seconds' : 'expected a number';
    if (!/^\d{1,5}$/.test(text)) throw new Unreadable(found, expected);
    return Number(text);
  }
  if (kind === 'path') return text.startsWith('~/') ? `${env.HOME ?? '~'}${text.slice(1)}` : text;
  if (kind === 'text') return text;
  const word = kind.find((each) => String(each) === text);
  if (word === undefined) throw new Unreadable(found, `expected ${kind.join(' or ')}`);
  return word;
}

/** Returns the flag, or the strongest variable. Both override git's configuration. */
function findOutside(
  name: SettingName,
  { flags, env }: Pick<SettingsSources, 'flags' | 'env'>,
): Found | undefined {
  const flag = flags?.[name];
  if (flag !== undefined) return { text: flag, label: `--${flagOf(name)}` };
  const variable = variablesOf(name).findLast((each) => env[each] !== undefined);
  return variable === undefined ? undefined : { text: env[variable], label: variable };
}

const SECTION = 'signet.';

/** Refuses a misspelt signet.* key, because it would silently have no effect. */
function refuseUnknownKeys(entries: readonly ConfigEntry[]): void {
  for (const entry of entries) {
    const { key, value: text } = entry;
    if (!key.startsWith(SECTION)) continue;
    const name = key.slice(SECTION.length);
    // a key with a subsection may belong to another program
    if (name.includes('.')) continue;
    if (SETTING_NAMES.some((each) => keyOf(each) === key)) continue;
    const near = closest(
      name,
      SETTING_NAMES.map((each) => each.toLowerCase()),
    );
    const meant = SETTING_NAMES.find((each) => each.toLowerCase() === near);
    const problem =
      meant === undefined ? 'no such setting' : `no such setting, do you mean signet.${meant}?`;
    throw new Unreadable({ text, label: key, entry }, problem);
  }
}

/** Returns the values of git's configuration that count. The record of allowed values is read only if a value needs it. */
async function settle(
  entries: readonly ConfigEntry[],
  outside: ReadonlyMap<SettingName, Found>,
  { env, cwd, caller = 'command' }: SettingsSources,
): Promise<Settled> {
  const authority = { caller, outweighed: (name: SettingName) => outside.has(name) };
  const settled = settleEntries(entries, { ...authority, allowed: () => false });
  if (!settled.ignored.some(({ allowable }) => allowable)) return settled;
  const { allowedHere } = await import('./allowed.ts');
  const allowed = await allowedHere({ env, cwd }, entries);
  return settleEntries(entries, { ...authority, allowed });
}

function valuesOf(found: ReadonlyMap<SettingName, Found>, env: Environment): Settings {
  const values: Record<string, Value> = { ...DEFAULTS };
  for (const name of SETTING_NAMES) {
    const one = found.get(name);
    const value = one === undefined ? undefined : readValue(SETTINGS[name].kind, one, env);
    if (value !== undefined) values[name] = value;
  }
  const trustCache = trustDirectory(env);
  if (trustCache !== undefined) values['trustCache'] = trustCache;
  return values as unknown as Settings;
}

/** Returns the trust cache in the user's data directory, or in a folder of our own under gitsign's TUF_ROOT. */
function trustDirectory(env: Environment): string | undefined {
  const { TUF_ROOT: tuf, XDG_DATA_HOME: data, HOME: home, LOCALAPPDATA: local } = env;
  const under = (base: string | undefined, ...rest: readonly string[]): string | undefined =>
    base !== undefined && isAbsolute(base) ? join(base, ...rest) : undefined;
  return (
    under(tuf, 'git-signet') ??
    under(data, 'git-signet', 'trust') ??
    under(home, '.local', 'share', 'git-signet', 'trust') ??
    under(local, 'git-signet', 'trust')
  );
}

function described({ message, found: { label, text, entry } }: Unreadable): ConfigError {
  const origin = entry === undefined || entry.origin === '' ? '' : ` (${entry.origin})`;
  const shown =
    text === undefined ? '' : ` is '${text.length > 60 ? `${text.slice(0, 60)}…` : text}'`;
  return new ConfigError(`${label}${shown}: ${message}${origin}`);
}

function isNetworkOfRepository(found: ReadonlyMap<SettingName, FoundSetting>): boolean {
  return (['proxy', 'caFile'] as const).some((name) => {
    const entry = found.get(name)?.entry;
    return entry !== undefined && isOfRepository(entry);
  });
}

/** The settings in force, and the origin of each value that is set. */
export interface ResolvedSettings {
  readonly settings: Settings;
  readonly found: ReadonlyMap<SettingName, FoundSetting>;
}

/** Resolves the settings in force here. @throws ConfigError as loadSettings */
export async function resolveSettings(sources: SettingsSources): Promise<ResolvedSettings> {
  const list = sources.gitConfig ?? (await (sources.askedGit ?? listGitConfig(sources)));
  const entries = parseGitConfig(list);
  const found = new Map<SettingName, Found>();
  for (const name of SETTING_NAMES) {
    const outside = findOutside(name, sources);
    if (outside !== undefined) found.set(name, outside);
  }
  try {
    refuseUnknownKeys(entries);
    const { counting, ignored } = await settle(entries, found, sources);
    for (const [name, entry] of counting) {
      if (found.has(name)) continue;
      found.set(name, { text: entry.value, label: shownKey(name, entry), entry });
    }
    const told = ignored.map(({ entry: _, ...one }) => one);
    const settings = {
      ...valuesOf(found, sources.env),
      ...(told.length === 0 ? {} : { ignored: told }),
      ...(isNetworkOfRepository(found) ? { networkOfRepository: true } : {}),
    };
    return { settings, found };
  } catch (error) {
    if (error instanceof Unreadable) throw described(error);
    throw error;
  }
}

/**
 * Returns the settings in force here for `caller`. `ignored` lists the repository's values that do not count.
 * Throws ConfigError (`CONFIG`, exit 2) for a value that cannot be read and for an unknown `signet.*` key. A variable that
 * is set but empty overrides weaker sources and means the default. An empty boolean is false, as for git.
 */
export async function loadSettings(sources: SettingsSources): Promise<Settings> {
  return (await resolveSettings(sources)).settings;
}
