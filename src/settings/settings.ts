/** The values of all settings, typed by the table, and what holds where nothing is configured. */

import type { SettingKind } from './setting.ts';
import { SETTING_NAMES, SETTINGS, type SettingName, type SettingTable } from './table.ts';

export type { SettingName } from './table.ts';

type Value<Kind extends SettingKind> = Kind extends 'boolean'
  ? boolean
  : Kind extends 'seconds' | 'count'
    ? number
    : Kind extends readonly (infer Word)[]
      ? Word
      : string;
type ValueOf<Name extends SettingName> = Value<SettingTable[Name]['kind']>;

/** Settings that always have a value. */
type Defaulted = {
  [Name in SettingName]: SettingTable[Name] extends { readonly default: unknown } ? Name : never;
}[SettingName];

type Defaults = { readonly [Name in Defaulted]: ValueOf<Name> };
type Others = { readonly [Name in Exclude<SettingName, Defaulted>]?: ValueOf<Name> | undefined };

/** Everything that can be configured. Paths are absolute or relative to the working directory; URLs have no trailing slash. */
export interface Settings extends Defaults, Others {
  /** Where what mirrors served is kept: from the environment, never a setting. */
  readonly trustCache?: string;
  /** Values of the repository that do not count here; absent where there are none. Never a setting. */
  readonly ignored?: readonly IgnoredSetting[];
  /** True where the repository names the proxy or the authorities that count here. */
  readonly networkOfRepository?: boolean;
}

/** A value in the repository's own configuration that does not count (settings/authority.ts). */
export interface IgnoredSetting {
  readonly name: SettingName;
  /** git's key as a person writes it: `signet.policy`, `gitsign.fulcio`. */
  readonly key: string;
  /** The file that it stands in. */
  readonly origin: string;
  /** False where a repository never sets it. */
  readonly allowable: boolean;
}

/** What holds where nothing is said. */
export const DEFAULTS = Object.fromEntries(
  SETTING_NAMES.flatMap((name) => {
    const { default: value } = SETTINGS[name];
    return value === undefined ? [] : [[name, value] as const];
  }),
) as Defaults;
