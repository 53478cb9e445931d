/** What a row of the table of settings says (settings/table.ts). */

/** `path`: text in which a leading `~/` is the home directory. `issuer`: an address taken exactly as written. */
export type SettingKind =
  | 'text'
  | 'path'
  | 'url'
  | 'issuer'
  | 'boolean'
  | 'seconds'
  | 'count'
  | readonly (string | number)[];

/**
 * What a value of the repository's own configuration could do to the person who works there.
 * `harmless`: nothing. `milder`: it can make a verdict milder. `reaching`: it can run a program, or decide where a secret
 * or a signature goes. `both`: milder and reaching. `protected`: it is shared with other repositories (an agent serves them
 * all), so a repository never sets it.
 */
export type SettingClass = 'harmless' | 'milder' | 'reaching' | 'both' | 'protected';

/** Values from the mildest to the strictest. `narrower`: any value, if nothing weaker sets one. */
type Direction = 'narrower' | readonly string[];

export interface Setting {
  readonly kind: SettingKind;
  /** Without a class a setting counts as reaching. */
  readonly class?: SettingClass;
  /** What it does, in one sentence without its full stop. */
  readonly meaning: string;
  /** What holds where nothing is set. */
  readonly default?: string | number | boolean;
  /** The same in words, where no value says it. */
  readonly otherwise?: string;
  readonly example: string;
  /** In which direction a repository may always go. Booleans are written `true` and `false` here. */
  readonly stricter?: Direction;
  /** Lower-case name after `gitsign.`. */
  readonly gitsign?: string;
  /** Suffix after both `SIGSTORE_` and `GITSIGN_`. */
  readonly suffix?: string;
  /** Further variables, weakest first. */
  readonly variables?: readonly string[];
  /** Flags that mean the same, without dashes. */
  readonly aliases?: readonly string[];
}

/** Rows by the name after `signet.`. */
export type SettingRows = Readonly<Record<string, Setting>>;
