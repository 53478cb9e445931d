/**
 * The table of settings: for each name its kind, what a repository may say of it, what it does, its default, an example, and how
 * gitsign and Sigstore's tools spell it. `signet.<name>`, `SIGNET_<UPPER_SNAKE>` and `--<kebab>` follow from the name. What is
 * parsed, the defaults, the help and the completion all come from here.
 */

import type { Setting, SettingClass } from './setting.ts';
import { LOGIN_ROWS } from './table-login.ts';
import { NETWORK_ROWS, SERVER_ROWS, TRUST_ROWS } from './table-servers.ts';
import { AGENT_ROWS, MONITOR_ROWS, TALK_ROWS, VERIFY_ROWS } from './table-work.ts';

/** The groups in which the settings are shown. */
export const SETTING_GROUPS = {
  'Who is believed': VERIFY_ROWS,
  'The trust root': TRUST_ROWS,
  'The servers': SERVER_ROWS,
  'The network': NETWORK_ROWS,
  'Who signs': LOGIN_ROWS,
  'The agent': AGENT_ROWS,
  'The monitor': MONITOR_ROWS,
  'What is said': TALK_ROWS,
} as const;

const TABLE = {
  ...VERIFY_ROWS,
  ...TRUST_ROWS,
  ...SERVER_ROWS,
  ...NETWORK_ROWS,
  ...LOGIN_ROWS,
  ...AGENT_ROWS,
  ...MONITOR_ROWS,
  ...TALK_ROWS,
} as const;

/** The rows with their literal types, which settings.ts makes the type of all values from. */
export type SettingTable = typeof TABLE;
export type SettingName = keyof SettingTable;
export const SETTINGS: Readonly<Record<SettingName, Setting>> = TABLE;

/** Returns the class of a setting, by default `reaching`. */
export function classOf(name: SettingName): SettingClass {
  const setting: Setting = SETTINGS[name];
  return setting.class ?? 'reaching';
}

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** `rekorUrl` → `REKOR_URL`: all at once, for every start needs them all. */
const SPELT = SETTING_NAMES.join(' ').replaceAll(/[A-Z]/g, '_$&').toUpperCase().split(' ');
const wordsOf = (name: SettingName): string => SPELT[SETTING_NAMES.indexOf(name)] ?? '';

/** `rekorUrl` → `rekor-url`. */
export function flagOf(name: SettingName): string {
  return wordsOf(name).toLowerCase().replaceAll('_', '-');
}

/** `rekorUrl` → `SIGNET_REKOR_URL`. */
export function variableOf(name: SettingName): string {
  return `SIGNET_${wordsOf(name)}`;
}

/** `rekorUrl` → `signet.rekorurl`, as git prints it. */
export function keyOf(name: SettingName): string {
  return `signet.${name.toLowerCase()}`;
}

/** Every variable that sets `name`, weakest first: SIGSTORE_* < GITSIGN_* < SIGNET_*. */
export function variablesOf(name: SettingName): readonly string[] {
  const { suffix, variables = [] } = SETTINGS[name];
  const peers = suffix === undefined ? [] : [`SIGSTORE_${suffix}`, `GITSIGN_${suffix}`];
  return [...variables, ...peers, variableOf(name)];
}
