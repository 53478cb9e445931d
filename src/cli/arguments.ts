/**
 * Arguments of the commands (git's own call has its own grammar, gpgsm/arguments.ts). Unknown options are errors, never
 * ignored (F3). A value may be joined with `=` or follow. `--end-of-options` and `--` end the options.
 */

import { closest } from '../core/closest.ts';
import { UsageError } from '../errors.ts';
import { flagOf, SETTINGS, type SettingName } from '../settings/table.ts';
import { type ArgumentSpec, type OptionSpec, optionsOf, type ParsedArguments } from './spec.ts';
import { usageOf } from './usage.ts';

/** Every way to write each option. A setting may have several. */
function spellings(spec: ArgumentSpec): ReadonlyMap<string, readonly [string, OptionSpec]> {
  return new Map(
    Object.entries(optionsOf(spec)).flatMap(([name, option]) => {
      const { setting } = option;
      const others = setting && [flagOf(setting), ...(SETTINGS[setting].aliases ?? [])];
      return [name, ...(others ?? [])].map((each) => [each, [name, option]] as const);
    }),
  );
}

/** `a, b or c` */
const listOf = (words: readonly string[]): string =>
  words.join(', ').replace(/, ([^,]*)$/, ' or $1');

class Parser {
  readonly switches = new Set<string>();
  readonly values = new Map<string, string>();
  readonly lists = new Map<string, string[]>();
  readonly flags: Partial<Record<SettingName, string>> = {};
  readonly #known: ReturnType<typeof spellings>;

  constructor(spec: ArgumentSpec) {
    this.#known = spellings(spec);
  }

  /** True for an option of the command's own. */
  knows(argument: string): boolean {
    const [, written] = /^--([^=]+)/.exec(argument) ?? [];
    return written !== undefined && this.#known.has(written);
  }

  #find(written: string): readonly [string, OptionSpec] {
    const found = this.#known.get(written);
    if (found !== undefined) return found;
    const near = closest(written, ['help', ...this.#known.keys()]);
    const hint = near === undefined ? undefined : `did you mean --${near}?`;
    throw new UsageError(`unknown option --${written}`, { hint });
  }

  /** Takes one option. `next` gives the following argument for a value that was not joined. */
  take(written: string, joined: string | undefined, next: () => string | undefined): void {
    const [name, { takes, setting, repeated }] = this.#find(written);
    const boolean = setting !== undefined && SETTINGS[setting].kind === 'boolean';
    if (takes === undefined && !boolean) {
      if (joined !== undefined) throw new UsageError(`--${name} takes no value`);
      this.switches.add(name);
      return;
    }
    const value = joined ?? (boolean ? 'true' : next());
    if (value === undefined) throw new UsageError(`--${name} needs a value`);
    // a setting says itself what it takes
    if (setting !== undefined) this.flags[setting] = value;
    else if (typeof takes === 'object' && !takes.includes(value)) {
      throw new UsageError(`--${name} ${value}: expected ${listOf(takes)}`);
    } else if (repeated) this.lists.set(name, [...(this.lists.get(name) ?? []), value]);
    else this.values.set(name, value);
  }

  /** Takes `-r`, `-rVALUE`, `-r VALUE`, `-ab`. */
  takeShort(text: string, next: () => string | undefined): void {
    for (let i = 0; i < text.length; i += 1) {
      const letter = text[i] ?? '';
      const found = [...this.#known.values()].find(([, { short }]) => short === letter);
      if (found === undefined) throw new UsageError(`unknown option -${letter}`);
      const [name, { takes }] = found;
      const joined = text.slice(i + 1);
      if (takes !== undefined) {
        this.take(name, joined === '' ? undefined : joined, next);
        return;
      }
      this.take(name, undefined, next);
    }
  }

  /** @throws UsageError for two options that exclude each other */
  finish(exclusive: ArgumentSpec['exclusive']): void {
    for (const names of exclusive ?? []) {
      const given = names.filter((name) => this.switches.has(name) || this.values.has(name));
      if (given.length > 1) {
        throw new UsageError(`${given.map((name) => `--${name}`).join(' and ')}: only one of them`);
      }
    }
  }
}

/** @throws UsageError for one too many, one too few, and a word that is not one of those that there are */
function checkPositionals(words: readonly string[], name: string, spec: ArgumentSpec): void {
  const { positionals: specs = [] } = spec;
  const last = specs.at(-1);
  const extra = last?.repeated === true ? undefined : words[specs.length];
  if (extra !== undefined) throw new UsageError(`unexpected argument ${extra}`);
  const missing = specs.find(({ optional }, at) => !optional && words[at] === undefined);
  if (missing !== undefined) {
    throw new UsageError(`missing: ${missing.name}`, { hint: usageOf(name, spec) });
  }
  for (const [at, word] of words.entries()) {
    const { takes = 'text' } = specs[at] ?? last ?? {};
    if (typeof takes !== 'object' || takes.includes(word)) continue;
    const near = closest(word, takes);
    const hint =
      near === undefined ? usageOf(name, spec) : `did you mean: git signet ${name} ${near}`;
    throw new UsageError(`'${word}': expected ${listOf(takes)}`, { hint });
  }
}

/**
 * Reads a command's arguments. `name`: the command, for hints, e.g. `policy use`.
 * Throws UsageError (exit 2) for unknown options, and for missing and unwanted values and words.
 */
export function parseArguments(
  args: readonly string[],
  spec: ArgumentSpec,
  name = '',
): ParsedArguments {
  const parser = new Parser(spec);
  const positionals: string[] = [];
  let rest: readonly string[] = [];
  let options = true;
  for (let i = 0; i < args.length; i += 1) {
    const argument = args[i] ?? '';
    const next = () => {
      i += 1;
      return args[i];
    };
    if (argument === '--') {
      rest = args.slice(spec.passesTo === undefined ? i + 1 : i);
      break;
    }
    if (spec.passesTo !== undefined && !parser.knows(argument)) {
      positionals.push(argument);
      continue;
    }
    if (!options || !argument.startsWith('-') || argument === '-') positionals.push(argument);
    else if (argument === '--end-of-options') options = false;
    else if (argument.startsWith('--')) {
      const equals = argument.indexOf('=');
      const written = argument.slice(2, equals < 0 ? undefined : equals);
      parser.take(written, equals < 0 ? undefined : argument.slice(equals + 1), next);
    } else parser.takeShort(argument.slice(1), next);
  }
  parser.finish(spec.exclusive);
  if (spec.rest === undefined) {
    positionals.push(...rest);
    rest = [];
  }
  checkPositionals(positionals, name, spec);
  const { switches, values, lists, flags } = parser;
  return { switches, values, lists, flags, positionals, rest };
}
