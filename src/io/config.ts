/**
 * Settings, from the table of design §4: default < gitsign.* < signet.* < SIGSTORE_* < GITSIGN_* < SIGNET_* < flag.
 * `git config --list -z` is asked once, on demand, by a plain child process. A value that cannot be read is an
 * error that names key, origin and what was expected.
 */

import { closest } from '../core/closest.ts';
import { ConfigError } from '../errors.ts';
import { gitBoolean, listGitConfig, parseGitConfig } from './git-config.ts';
import { flagOf, SETTING_NAMES, SETTINGS, type SettingKind, variablesOf } from './setting-table.ts';

/** Everything that can be configured. Paths are absolute or relative to the working directory; URLs have no trailing slash. */
export interface Settings {
  /** trusted_root.json, or a ClientTrustConfig. */
  readonly trust?: string;
  /** signing_config.json. */
  readonly signingConfig?: string;
  readonly fulcioUrl?: string;
  readonly rekorUrl?: string;
  readonly rekorVersion?: 1 | 2;
  /** Where the log entry is kept: in the signature ('offline') or in the log only ('online'). */
  readonly rekorMode: 'offline' | 'online';
  readonly issuer?: string;
  readonly clientId: string;
  readonly clientSecretFile?: string;
  readonly redirectUrl?: string;
  readonly connectorId?: string;
  readonly tokenProvider?: string;
  /** The variable that holds an identity token; SIGSTORE_ID_TOKEN unless set. */
  readonly tokenVariable?: string;
  /** A file that holds one. */
  readonly tokenFile?: string;
  readonly timestamp: 'auto' | 'always';
  readonly timestampUrl?: string;
  readonly timestampCertChain?: string;
  /** gitsign's key files, PEM. */
  readonly fulcioRoot?: string;
  readonly rekorPublicKey?: string;
  readonly ctLogPublicKey?: string;
  /** The identity that signatures made here must carry. */
  readonly identity?: string;
  readonly matchCommitter: boolean;
  /** Whether an identity may become public: asked at its first login, agreed to beforehand, or never. */
  readonly publishIdentity: 'ask' | 'yes' | 'no';
  /** PATH, or REV:PATH. */
  readonly policy?: string;
  readonly trustWithoutPolicy: 'undefined' | 'full';
  /** Program for S/MIME signatures of other issuers, with its arguments. */
  readonly x509Fallback?: string;
  readonly urlOpener?: string;
  readonly autoclose: boolean;
  /** Seconds. */
  readonly autocloseTimeout: number;
  readonly logPath?: string;
  /** A refresh token may be kept in the operating system's keyring; else it lives in the agent's memory only. */
  readonly keyring: boolean;
  readonly quiet: boolean;
  /** Seconds. */
  readonly loginTimeout: number;
  readonly offline: boolean;
  /** Sign through the agent, which starts by itself. */
  readonly agent: boolean;
  /** Seconds without a request after which the agent leaves. */
  readonly agentIdle: number;
  /** Where agents have their sockets. */
  readonly agentDirectory?: string;
  /** A socket that somebody forwarded here: signatures are asked for there. */
  readonly agentSocket?: string;
  /** The agent's own second socket, for forwarding: only "sign this payload" is understood there. */
  readonly forwardSocket?: string;
  /** A program that is asked before each forwarded signature. */
  readonly forwardConfirm?: string;
  /** Forwarded signatures in any minute. */
  readonly forwardRate: number;
  /** Clones that forwarded commits and tags must belong to, separated as in PATH. */
  readonly forwardRepositories?: string;
  /** One line a forwarded signature. */
  readonly forwardLog?: string;
  /** Proxy for services, instead of HTTPS_PROXY and its kin; `none` switches those off. */
  readonly proxy?: string;
  /** Certificates of further authorities for servers' names, PEM. */
  readonly caFile?: string;
  /** Seconds that a service is given, over all attempts. */
  readonly timeout: number;
  /** git's own user.name and user.email, for matchCommitter. */
  readonly userName?: string;
  readonly userEmail?: string;
}

export type SettingName = Exclude<keyof Settings, 'userName' | 'userEmail'>;

export type Environment = Readonly<Record<string, string | undefined>>;

export interface SettingsSources {
  readonly env: Environment;
  readonly cwd: string;
  /** Values typed on the command line, by setting name. */
  readonly flags?: Readonly<Partial<Record<SettingName, string>>>;
  /** Output of `git config --list -z`, where it is already there (tests). */
  readonly gitConfig?: string;
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

function readUrl(found: Found, text: string, keepSlash: boolean): string {
  const expected = 'expected an http or https address without user name or password';
  if (!URL.canParse(text)) throw new Unreadable(found, expected);
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol)) throw new Unreadable(found, expected);
  if (url.username !== '' || url.password !== '') throw new Unreadable(found, expected);
  return keepSlash ? text : text.replace(/\/+$/, '');
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
  for (const variable of variablesOf(name).toReversed()) {
    const text = sources.env[variable];
    if (text !== undefined) return { text, label: variable };
  }
  const own = `signet.${name.toLowerCase()}`;
  if (git.has(own)) return { text: git.get(own), label: `signet.${name}`, key: own };
  const peer = `gitsign.${SETTINGS[name].gitsign ?? ''}`;
  if (git.has(peer)) return { text: git.get(peer), label: peer, key: peer };
  return undefined;
}

const DEFAULTS = {
  rekorMode: 'offline',
  clientId: 'sigstore',
  timestamp: 'auto',
  matchCommitter: false,
  publishIdentity: 'ask',
  trustWithoutPolicy: 'undefined',
  autoclose: true,
  autocloseTimeout: 6,
  keyring: false,
  quiet: true,
  loginTimeout: 120,
  offline: false,
  agent: true,
  agentIdle: 8 * 3600,
  forwardRate: 60,
  timeout: 30,
} as const satisfies Partial<Settings>;

/** A misspelt signet.* key must not silently drop what it was meant to say. */
function refuseUnknownKeys(git: ReadonlyMap<string, string | undefined>): void {
  const known = new Set(SETTING_NAMES.map((name) => name.toLowerCase()));
  for (const [key, text] of git) {
    const name = /^signet\.([^.]*)$/.exec(key)?.[1];
    if (name === undefined || known.has(name)) continue;
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
  for (const key of ['userName', 'userEmail'] as const) {
    const text = git.get(key === 'userName' ? 'user.name' : 'user.email');
    if (text !== undefined) values[key] = text;
  }
  return values as unknown as Settings;
}

async function describe(problem: Unreadable, sources: SettingsSources): Promise<ConfigError> {
  const { label, text, key } = problem.found;
  let origin = '';
  if (key !== undefined && sources.gitConfig === undefined) {
    const list = await listGitConfig(sources, ['--show-origin']);
    const fields = list.split('\0');
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const name = fields[i + 1]?.split('\n', 1)[0];
      if (name === key) origin = ` (${fields[i]?.replace(/^file:/, '')})`;
    }
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
  const list = sources.gitConfig ?? (await listGitConfig(sources));
  try {
    return collect(parseGitConfig(list), sources);
  } catch (error) {
    if (error instanceof Unreadable) throw await describe(error, sources);
    throw error;
  }
}
