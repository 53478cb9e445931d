/** Loads the settings for a command of this program, and reports the repository's values that do not count. */

import { visible } from '../core/escape.ts';
import { ConfigError } from '../errors.ts';
import type { Invocation } from '../system/invocation.ts';
import type { Terminal } from '../system/terminal.ts';
import {
  type IgnoredSetting,
  type ResolvedSettings,
  resolveSettings,
  type Settings,
  type SettingsSources,
} from './load.ts';

const ALLOW = 'git signet allow';

/** Returns the keys as `signet.policy, signet.since`. */
function keysOf(ignored: readonly IgnoredSetting[]): string {
  return [...new Set(ignored.map(({ key }) => visible(key)))].join(', ');
}

/** Returns the line that names the ignored keys and what to type, or undefined if there are none. */
export function ignoredLine(ignored: readonly IgnoredSetting[] = []): string | undefined {
  if (ignored.length === 0) return undefined;
  const waiting = ignored.filter(({ allowable }) => allowable);
  const keys = keysOf(ignored);
  return waiting.length > 0
    ? `ignored what this repository sets: ${keys}. To allow it: ${ALLOW}`
    : `ignored what this repository sets: ${keys}. It counts from git config --global only`;
}

/** The terminals that were told already, because a command may load its settings more than once. */
const told = new WeakSet<Terminal>();

/** Reports once which values of the repository do not count. */
export function sayIgnored(terminal: Terminal, { ignored }: Pick<Settings, 'ignored'>): void {
  const line = ignoredLine(ignored);
  if (line === undefined || told.has(terminal)) return;
  told.add(terminal);
  terminal.say(line);
}

type More = Pick<SettingsSources, 'flags' | 'caller'>;

/** Resolves the settings for a command here, and reports the values that do not count. @throws ConfigError */
export async function resolvedHere(
  { env, cwd, terminal, askedGit }: Pick<Invocation, 'env' | 'cwd' | 'terminal' | 'askedGit'>,
  more: More = {},
): Promise<ResolvedSettings> {
  const resolved = await resolveSettings({ env, cwd, askedGit, ...more });
  sayIgnored(terminal, resolved.settings);
  return resolved;
}

/** Resolves and returns the settings alone. @throws ConfigError */
export async function settingsHere(
  invocation: Pick<Invocation, 'env' | 'cwd' | 'terminal'>,
  more: More = {},
): Promise<Settings> {
  return (await resolvedHere(invocation, more)).settings;
}

/** The settings that decide where a signature and a login go. */
const PLACES: readonly string[] = [
  ...['trust', 'signingConfig', 'issuer', 'fulcioUrl', 'rekorUrl', 'timestampUrl', 'log'],
];

/**
 * Refuses to sign if the repository names other servers than the settings in force, because the signature would become
 * public on a server that the user does not expect. @throws ConfigError
 */
export function refuseElsewhere({ ignored = [] }: Pick<Settings, 'ignored'>): void {
  const places = ignored.filter(({ name }) => PLACES.includes(name));
  if (places.length === 0) return;
  throw new ConfigError(
    `not signed: this repository says where signatures go (${keysOf(places)}), and you have not allowed that`,
    { hint: ALLOW },
  );
}
