/**
 * Options of the commands (git's own call has its own grammar, gpgsm.ts). Unknown options are errors, never
 * ignored (F3); a value may be joined with `=` or follow; `--end-of-options` and `--` end the options.
 */

import { closest } from '../core/closest.ts';
import { UsageError } from '../errors.ts';
import type { SettingName } from '../settings/load.ts';
import { flagOf, SETTING_NAMES, SETTINGS } from '../settings/table.ts';

/** `switch`: no value; `value`: one, the last wins; `list`: repeatable. */
export type OptionKind = 'switch' | 'value' | 'list';

export interface ArgumentSpec {
  /** Long names without dashes, e.g. { 'policy-from': 'value' }. */
  readonly options: Readonly<Record<string, OptionKind>>;
  /** One letter → long name, e.g. { r: 'remote' }. */
  readonly short?: Readonly<Record<string, string>>;
  /** Settings that this command takes as flags, e.g. ['rekorUrl', 'trust']. */
  readonly settings?: readonly SettingName[];
}

export interface ParsedArguments {
  readonly switches: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly flags: Readonly<Partial<Record<SettingName, string>>>;
  readonly positionals: readonly string[];
  /** What stood after `--`; undefined without one. */
  readonly rest: readonly string[] | undefined;
}

const SETTING_FLAGS = new Map<string, SettingName>(
  SETTING_NAMES.flatMap((name) =>
    [flagOf(name), ...(SETTINGS[name].aliases ?? [])].map((flag) => [flag, name] as const),
  ),
);

class Parser {
  readonly switches = new Set<string>();
  readonly values = new Map<string, string>();
  readonly lists = new Map<string, string[]>();
  readonly flags: Partial<Record<SettingName, string>> = {};
  readonly #spec: ArgumentSpec;

  constructor(spec: ArgumentSpec) {
    this.#spec = spec;
  }

  #settingOf(name: string): SettingName | undefined {
    const setting = SETTING_FLAGS.get(name);
    return setting !== undefined && this.#spec.settings?.includes(setting) ? setting : undefined;
  }

  #unknown(name: string): UsageError {
    const settings = [...SETTING_FLAGS.keys()].filter((flag) => this.#settingOf(flag));
    const near = closest(name, ['help', ...Object.keys(this.#spec.options), ...settings]);
    const hint = near === undefined ? undefined : `did you mean --${near}?`;
    return new UsageError(`unknown option --${name}`, { hint });
  }

  /** Takes one option; `next` gives the following argument for a value that was not joined. */
  take(name: string, joined: string | undefined, next: () => string | undefined): void {
    const known = Object.hasOwn(this.#spec.options, name) ? this.#spec.options[name] : undefined;
    const kind = name === 'help' ? 'switch' : known;
    const setting = kind === undefined ? this.#settingOf(name) : undefined;
    if (kind === undefined && setting === undefined) throw this.#unknown(name);
    const boolean = setting !== undefined && SETTINGS[setting].kind === 'boolean';
    if (kind === 'switch') {
      if (joined !== undefined) throw new UsageError(`--${name} takes no value`);
      this.switches.add(name);
      return;
    }
    const value = joined ?? (boolean ? 'true' : next());
    if (value === undefined) throw new UsageError(`--${name} needs a value`);
    if (setting !== undefined) this.flags[setting] = value;
    else if (kind === 'value') this.values.set(name, value);
    else this.lists.set(name, [...(this.lists.get(name) ?? []), value]);
  }

  /** Takes `-r`, `-rVALUE`, `-r VALUE`, `-ab`. */
  takeShort(text: string, next: () => string | undefined): void {
    for (let i = 0; i < text.length; i += 1) {
      const letter = text[i] ?? '';
      const name = letter === 'h' ? 'help' : this.#spec.short?.[letter];
      if (name === undefined) throw new UsageError(`unknown option -${letter}`);
      if (name === 'help' || this.#spec.options[name] === 'switch') {
        this.switches.add(name);
        continue;
      }
      const joined = text.slice(i + 1);
      this.take(name, joined === '' ? undefined : joined, next);
      return;
    }
  }
}

/** Reads a command's arguments. Throws UsageError (exit 2) for unknown options, missing and unwanted values. */
export function parseArguments(args: readonly string[], spec: ArgumentSpec): ParsedArguments {
  const parser = new Parser(spec);
  const positionals: string[] = [];
  let rest: readonly string[] | undefined;
  let options = true;
  for (let i = 0; i < args.length; i += 1) {
    const argument = args[i] ?? '';
    const next = () => {
      i += 1;
      return args[i];
    };
    if (argument === '--') {
      rest = args.slice(i + 1);
      break;
    }
    if (!options || !argument.startsWith('-') || argument === '-') positionals.push(argument);
    else if (argument === '--end-of-options') options = false;
    else if (argument.startsWith('--')) {
      const equals = argument.indexOf('=');
      const name = argument.slice(2, equals < 0 ? undefined : equals);
      parser.take(name, equals < 0 ? undefined : argument.slice(equals + 1), next);
    } else parser.takeShort(argument.slice(1), next);
  }
  const { switches, values, lists, flags } = parser;
  return { switches, values, lists, flags, positionals, rest };
}
