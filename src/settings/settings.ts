/** The types and the defaults of all settings, which follow from the table. */

import type { Person } from '../core/git/person.ts';
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

/** Everything that can be configured. Paths are absolute or relative to the working directory. URLs have no trailing slash. */
export interface Settings extends Defaults, Others {
  /** The directory for trust data from mirrors. It comes from the environment and is never a setting. */
  readonly trustCache?: string;
  /** The repository's values that do not count here. Absent if there are none. Never a setting. */
  readonly ignored?: readonly IgnoredSetting[];
  /** True if the proxy or the authorities that count come from the repository. */
  readonly networkOfRepository?: boolean;
  /** The committer that git would write here, if a statement is signed and must match. Never a setting. */
  readonly statementCommitter?: Person;
}

/** A value in the repository's own configuration that does not count (settings/authority.ts). */
export interface IgnoredSetting {
  readonly name: SettingName;
  /** git's key as users write it: `signet.policy`, `gitsign.fulcio`. */
  readonly key: string;
  /** The file that holds it. */
  readonly origin: string;
  /** False if no repository may set it. */
  readonly allowable: boolean;
}

/** The default values. */
export const DEFAULTS = Object.fromEntries(
  SETTING_NAMES.flatMap((name) => {
    const { default: value } = SETTINGS[name];
    return value === undefined ? [] : [[name, value] as const];
  }),
) as Defaults;
