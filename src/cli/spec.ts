/** What is written down of a command, once: arguments are parsed by it, and help, man page and completion are made of it. */

import type { SettingName } from '../settings/table.ts';

/** What may stand in a place: one of these words, or what the shell can find. Completion knows nothing about `text`. */
export type Takes =
  | readonly string[]
  | 'file'
  | 'directory'
  | 'revision'
  | 'tag'
  | 'command'
  | 'text';

export interface OptionSpec {
  /** One letter. */
  readonly short?: string;
  /** Absent: it takes no value. */
  readonly takes?: Takes;
  /** The value's name where help shows it, e.g. `FILE`. Words are shown themselves. */
  readonly value?: string;
  /** It may be given several times, and each value counts. Otherwise the last value counts. */
  readonly repeated?: true;
  /** A clause in lower case, without a full stop. */
  readonly meaning: string;
  /** The heading under which help lists it. */
  readonly group?: string;
  /** The setting that it overrides. Its other spellings are understood too. */
  readonly setting?: SettingName;
}

/** By the long name, without dashes. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

export interface PositionalSpec {
  readonly name: string;
  readonly takes: Takes;
  readonly optional?: true;
  readonly repeated?: true;
}

export interface ArgumentSpec {
  readonly positionals?: readonly PositionalSpec[];
  readonly options?: OptionSpecs;
  /** Options that another command's help lists. */
  readonly shared?: { readonly command: string; readonly options: OptionSpecs };
  /** Options of which one at most may be given. */
  readonly exclusive?: readonly (readonly string[])[];
  /** What may stand after `--`, e.g. `COMMAND`. Without it, what stands there is positional. */
  readonly rest?: string;
  /** The program that gets every option and word that is not ours: they are the positionals, as they stand and in their order. */
  readonly passesTo?: string;
  /** Where that is options: a heading, and those that help lists. */
  readonly restOptions?: { readonly title: string; readonly options: OptionSpecs };
}

export interface CommandSpec extends ArgumentSpec {
  /** What it does, in a few words, for the list of commands. */
  readonly summary: string;
  /** Started by this program itself: nowhere listed. */
  readonly internal?: true;
  /** Paragraphs. */
  readonly about: readonly string[];
  /** Calls, and what each is for where that is not plain. */
  readonly examples?: readonly (readonly [call: string, what?: string])[];
  /** Paragraphs below the options. */
  readonly notes?: readonly string[];
  /** Lines that stand as they are. */
  readonly sample?: { readonly title: string; readonly text: string };
  /** The meaning of each exit code. A subcommand has those of its command. */
  readonly exits?: Readonly<Record<number, string>>;
}

export interface ParsedArguments {
  readonly switches: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly flags: Readonly<Partial<Record<SettingName, string>>>;
  readonly positionals: readonly string[];
  /** What stood after `--`, for commands that say what that is. */
  readonly rest: readonly string[];
}

/** The arguments of a command that is called by its name alone. */
export const NO_ARGUMENTS: ParsedArguments = {
  switches: new Set(),
  values: new Map(),
  lists: new Map(),
  flags: {},
  positionals: [],
  rest: [],
};

/** All options of a command. */
export function optionsOf({ options = {}, shared }: ArgumentSpec): OptionSpecs {
  return { ...options, ...shared?.options };
}
