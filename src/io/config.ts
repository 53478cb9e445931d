/**
 * Settings, from the table of design §4: default < gitsign.* < signet.* < SIGSTORE_* < GITSIGN_* < SIGNET_* < flag.
 * `git config --list -z` is asked once, on demand, by a plain child process. A value that cannot be read is an
 * error that names key, origin and what was expected.
 */

import { isAbsolute, join } from 'node:path';
import { closest } from '../core/closest.ts';
import { ConfigError } from '../errors.ts';
import { gitBoolean, listGitConfig, parseGitConfig } from './git-config.ts';
import {
  flagOf,
  keyOf,
  SETTING_NAMES,
  SETTINGS,
  type SettingKind,
  variablesOf,
} from './setting-table.ts';
import { DEFAULTS, type SettingName, type Settings } from './settings.ts';

export type { SettingName, Settings } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface SettingsSources {
  readonly env: Environment;
  readonly cwd: string;
  /** Values typed on the command line, by setting name. */
  readonly flags?: Readonly<Partial<Record<SettingName, string>>>;
  /** Output of `git config --list -z`, where it is already there (tests). */
  readonly gitConfig?: string;
  /** The same, asked for already, from where errors are told as always. */
  readonly askedGit?: Promise<string> | undefined;
}

type Value = string | number | boolean;

/** A value as it was found: `undefined` text is git's bare key. */
interface Found {
  readonly text: string | undefined;
  /** What to call it in an error: `signet.quiet`, `GITSIGN_LOG`, `--quiet`. */
  readonly label: string;
  /** git's key, for the search of its origin. */
  readonly key?: string;
}

/** A value that cannot be read; the origin is added by loadSettings, which can ask git. */
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

/** The value as the setting's kind; undefined where an empty text means "back to the default". */
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
  if (kind !== 'text' && !kind.includes(text)) {
    throw new Unreadable(found, `expected ${kind.join(' or ')}`);
  }
  return text;
}

/** The strongest source that speaks about a setting: flag, variables from the strongest, git's keys. */
function findValue(
  name: SettingName,
  git: ReadonlyMap<string, string | undefined>,
  sources: SettingsSources,
): Found | undefined {
  const flag = sources.flags?.[name];
  if (flag !== undefined) return { text: flag, label: `--${flagOf(name)}` };
  const variable = variablesOf(name).findLast((each) => sources.env[each] !== undefined);
  if (variable !== undefined) return { text: sources.env[variable], label: variable };
  const own = keyOf(name);
  if (git.has(own)) return { text: git.get(own), label: `signet.${name}`, key: own };
  const peer = `gitsign.${SETTINGS[name].gitsign ?? ''}`;
  if (git.has(peer)) return { text: git.get(peer), label: peer, key: peer };
  return undefined;
}

const SECTION = 'signet.';

/** A misspelt signet.* key must not silently drop what it was meant to say. */
function refuseUnknownKeys(git: ReadonlyMap<string, string | undefined>): void {
  for (const [key, text] of git) {
    if (!key.startsWith(SECTION)) continue;
    const name = key.slice(SECTION.length);
    // what has a subsection is not ours to judge
    if (name.includes('.')) continue;
    if (SETTING_NAMES.some((each) => keyOf(each) === key)) continue;
    const near = closest(
      name,
      SETTING_NAMES.map((each) => each.toLowerCase()),
    );
    const meant = SETTING_NAMES.find((each) => each.toLowerCase() === near);
    const problem = meant === undefined ? 'no such setting' : `no such setting; signet.${meant}?`;
    throw new Unreadable({ text, label: key, key }, problem);
  }
}

function collect(git: ReadonlyMap<string, string | undefined>, sources: SettingsSources): Settings {
  refuseUnknownKeys(git);
  const values: Record<string, Value> = { ...DEFAULTS };
  for (const name of SETTING_NAMES) {
    const found = findValue(name, git, sources);
    const value =
      found === undefined ? undefined : readValue(SETTINGS[name].kind, found, sources.env);
    if (value !== undefined) values[name] = name === 'rekorVersion' ? Number(value) : value;
  }
  const trustCache = trustDirectory(sources.env);
  if (trustCache !== undefined) values['trustCache'] = trustCache;
  return values as unknown as Settings;
}

/** Beside the user's other data; gitsign's TUF_ROOT moves it, in a folder of our own. */
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

async function describe(problem: Unreadable, sources: SettingsSources): Promise<ConfigError> {
  const { label, text, key } = problem.found;
  let origin = '';
  if (key !== undefined && sources.gitConfig === undefined) {
    // only an error asks for it
    const { keyPlace } = await import('./setting-origin.ts');
    origin = ` (${await keyPlace(key, sources)})`;
  }
  const shown =
    text === undefined ? '' : ` is '${text.length > 60 ? `${text.slice(0, 60)}…` : text}'`;
  return new ConfigError(`${label}${shown}: ${problem.message}${origin}`);
}

/**
 * The settings in force here. Throws ConfigError (`CONFIG`, exit 2) for a value that cannot be read and for an
 * unknown `signet.*` key. A variable that is set but empty overrides weaker sources and means the default; an
 * empty boolean is false, as for git.
 */
export async function loadSettings(sources: SettingsSources): Promise<Settings> {
  const list = sources.gitConfig ?? (await (sources.askedGit ?? listGitConfig(sources)));
  try {
    return collect(parseGitConfig(list), sources);
  } catch (error) {
    if (error instanceof Unreadable) throw await describe(error, sources);
    throw error;
  }
}
