/** The settings of a command of ours, and what it says of the repository's values that do not count. */

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

/** `signet.policy, signet.since` */
function keysOf(ignored: readonly IgnoredSetting[]): string {
  return [...new Set(ignored.map(({ key }) => visible(key)))].join(', ');
}

/** One line that names the keys and what to type; undefined where everything counts. */
export function ignoredLine(ignored: readonly IgnoredSetting[] = []): string | undefined {
  if (ignored.length === 0) return undefined;
  const waiting = ignored.filter(({ allowable }) => allowable);
  const keys = keysOf(ignored);
  return waiting.length > 0
    ? `ignored what this repository sets: ${keys}; to allow it: ${ALLOW}`
    : `ignored what this repository sets: ${keys}; it counts from git config --global only`;
}

/** Commands load their settings more than once; what they say of them is said once to each terminal. */
const told = new WeakSet<Terminal>();

/** Says once which values of the repository do not count. */
export function sayIgnored(terminal: Terminal, { ignored }: Pick<Settings, 'ignored'>): void {
  const line = ignoredLine(ignored);
  if (line === undefined || told.has(terminal)) return;
  told.add(terminal);
  terminal.say(line);
}

type More = Pick<SettingsSources, 'flags' | 'caller'>;

/** Resolves the settings that count for a command here, and says what does not count. @throws ConfigError */
export async function resolvedHere(
  { env, cwd, terminal }: Pick<Invocation, 'env' | 'cwd' | 'terminal'>,
  more: More = {},
): Promise<ResolvedSettings> {
  const resolved = await resolveSettings({ env, cwd, ...more });
  sayIgnored(terminal, resolved.settings);
  return resolved;
}

/** The settings alone. @throws ConfigError */
export async function settingsHere(
  invocation: Pick<Invocation, 'env' | 'cwd' | 'terminal'>,
  more: More = {},
): Promise<Settings> {
  return (await resolvedHere(invocation, more)).settings;
}

/** What decides where a signature and a login go. */
const PLACES: readonly string[] = [
  ...['trust', 'signingConfig', 'issuer', 'fulcioUrl', 'rekorUrl', 'timestampUrl', 'log'],
];

/**
 * Refuses to sign where the repository names other servers than those that would be used: the signature would become
 * public somewhere that nobody here expects. @throws ConfigError
 */
export function refuseElsewhere({ ignored = [] }: Pick<Settings, 'ignored'>): void {
  const places = ignored.filter(({ name }) => PLACES.includes(name));
  if (places.length === 0) return;
  throw new ConfigError(
    `not signed: this repository says where signatures go (${keysOf(places)}), and you have not allowed that`,
    { hint: ALLOW },
  );
}
