/** Makers of options: of those that override a setting, and of groups. */

import type { SettingKind } from '../settings/setting.ts';
import { SETTINGS, type SettingName } from '../settings/table.ts';
import type { OptionSpec, OptionSpecs, Takes } from './spec.ts';

function takesOf(kind: SettingKind): Takes | undefined {
  if (kind === 'boolean') return undefined;
  if (typeof kind !== 'string') return kind.map(String);
  return kind === 'path' ? 'file' : 'text';
}

/** What a value of that kind is, in a word. */
export function kindWord(kind: SettingKind): string {
  if (typeof kind !== 'string') return kind.join(' | ');
  if (kind === 'count') return 'number';
  return kind === 'issuer' ? 'url' : kind;
}

/** What it is called where an option takes it. */
function placeholderOf(kind: SettingKind): string {
  if (typeof kind !== 'string') return kind.join('|');
  return kind === 'path' ? 'FILE' : kindWord(kind).toUpperCase();
}

/** Returns the option that overrides a setting. `more` replaces parts of the table of settings. */
export function settingOption(setting: SettingName, more: Partial<OptionSpec> = {}): OptionSpec {
  const { kind, meaning } = SETTINGS[setting];
  const takes = takesOf(kind);
  const shown = takes === undefined ? {} : { takes, value: placeholderOf(kind) };
  return { setting, meaning, ...shown, ...more };
}

/** Options under a heading. */
export function grouped(group: string, options: OptionSpecs): OptionSpecs {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [name, { ...option, group }]),
  );
}
