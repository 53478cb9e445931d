/** The table of settings in words, for the help, the manual page and the documents. */

import type { Setting } from './setting.ts';
import { classOf, SETTINGS, type SettingName } from './table.ts';

/** Returns what a repository's own configuration may set. */
export function inRepository(name: SettingName): string {
  const { stricter } = SETTINGS[name];
  const kind = classOf(name);
  if (kind === 'harmless') return 'any value';
  if (kind === 'protected') return 'nothing';
  if (stricter === undefined) return 'what you allow';
  return stricter === 'narrower'
    ? 'what you allow, or any value if none is set'
    : `what you allow, or ${stricter.at(-1)}`;
}

/** Returns what holds if the setting is not set. */
export function defaultOf({ default: value, otherwise }: Setting): string {
  return value === undefined ? (otherwise ?? 'none') : String(value);
}
