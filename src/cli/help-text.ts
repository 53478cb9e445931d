/** The help of a command, from its specification: one screen, in this order: calls, what it does, examples, options, exit codes. */

import type { Command, CommandTable } from './command.ts';
import { grouped } from './options.ts';
import type { CommandSpec, OptionSpec, OptionSpecs } from './spec.ts';
import { COLUMNS, exitsOf, usageOf, valueText, wrapped } from './usage.ts';

/** Options that stand in a column with their meanings, up to this wide. */
const WIDEST = 34;

/** Options side by side that mean the same are one line: `--a-{b,c} VALUE`, or `--a[-b] VALUE`. */
function lineOf(names: readonly string[], option: OptionSpec): string {
  const [first = ''] = names;
  const short = option.short === undefined ? '' : `-${option.short}, `;
  if (names.length === 1) return `${short}--${first}${valueText(option)}`;
  const [, second = ''] = names;
  const ending = second.startsWith(`${first}-`) ? second.slice(first.length) : '';
  if (names.length === 2 && ending !== '') return `--${first}[${ending}]${valueText(option)}`;
  const stem = first.slice(0, first.lastIndexOf('-') + 1);
  return `--${stem}{${names.map((name) => name.slice(stem.length)).join(',')}}${valueText(option)}`;
}

interface Line {
  readonly left: string;
  readonly right: string;
  readonly group: string;
}

function linesOf(options: OptionSpecs): readonly Line[] {
  const alike: { readonly names: string[]; readonly option: OptionSpec }[] = [];
  for (const [name, option] of Object.entries(options)) {
    const last = alike.at(-1);
    if (last?.option.meaning === option.meaning) last.names.push(name);
    else alike.push({ names: [name], option });
  }
  return alike.map(({ names, option }) => ({
    left: lineOf(names, option),
    right: option.meaning,
    group: option.group ?? '',
  }));
}

function columns(lines: readonly Pick<Line, 'left' | 'right'>[], indent = 2): readonly string[] {
  const fitting = lines.map(({ left }) => left.length).filter((length) => length <= WIDEST);
  const width = indent + Math.max(0, ...fitting) + 2;
  const blank = ' '.repeat(width);
  return lines.map(({ left, right }) => {
    const start = `${' '.repeat(indent)}${left}`;
    const gap = start.length + 2 > width ? `\n${blank}` : ' '.repeat(width - start.length);
    return `${start}${gap}${wrapped(right, COLUMNS - width, width)}`;
  });
}

function optionLines(options: OptionSpecs): readonly string[] {
  return [...Map.groupBy(linesOf(options), ({ group }) => group)].map(([group, lines]) =>
    [...(group === '' ? [] : [`${group}:`]), ...columns(lines)].join('\n'),
  );
}

function exampleLines({ examples = [] }: CommandSpec): string {
  const width = Math.max(0, ...examples.map(([call, what]) => (what ? call.length : 0)));
  return examples
    .map(([call, what]) => `  ${what === undefined ? call : `${call.padEnd(width)}  ${what}`}`)
    .join('\n');
}

export type NamedCommand = readonly [name: string, command: Command];

/** The commands of a table that are for people, loaded. */
export async function listed(commands: CommandTable): Promise<readonly NamedCommand[]> {
  const all = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => [name, (await load()).command] as const),
  );
  return all.filter(([, { internal }]) => internal !== true);
}

/** Lists the options of several subcommands once, without those that override a setting. Names the subcommands if not all have the option. */
function jointOptions(subcommands: readonly NamedCommand[]): OptionSpecs {
  const having = new Map<string, { readonly option: OptionSpec; readonly names: string[] }>();
  for (const [name, { options = {} }] of subcommands) {
    for (const [option, spec] of Object.entries(options)) {
      if (spec.setting !== undefined) continue;
      const known = having.get(option);
      if (known === undefined) having.set(option, { option: spec, names: [name] });
      else known.names.push(name);
    }
  }
  return Object.fromEntries(
    [...having].map(([name, { option, names }]) => {
      const meaning =
        names.length === subcommands.length
          ? option.meaning
          : `${names.join(', ')}: ${option.meaning}`;
      return [name, { ...option, meaning }];
    }),
  );
}

/** Returns text that begins with a capital. */
export const sentence = (text: string): string =>
  `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

/** The text of `--help`. `name`: as it is called, e.g. `policy use`. */
export async function helpOf([name, command]: NamedCommand): Promise<string> {
  const { subcommands = {}, about, notes = [], sample, options = {} } = command;
  const below = await listed(subcommands);
  const usages =
    below.length === 0
      ? [usageOf(name, command)]
      : below.map(([word, spec]) => usageOf(`${name} ${word}`, spec));
  const meanings = below.map(([left, spec]) => ({ left, right: spec.about.join(' ') }));
  const exits = exitsOf(command.exits);
  const parts = [
    usages.join('\n'),
    ...about.map((text) => wrapped(sentence(text), COLUMNS)),
    columns(meanings, 0).join('\n'),
    exampleLines(command),
    ...optionLines(below.length === 0 ? options : jointOptions(below)),
    ...[command, ...below.map(([, spec]) => spec)].flatMap(({ restOptions: rest }) =>
      rest === undefined ? [] : optionLines(grouped(rest.title, rest.options)),
    ),
    ...notes.map((text) => wrapped(text, COLUMNS)),
    sample === undefined ? '' : `${sample.title}:\n${sample.text.replace(/^(?=.)/gm, '  ')}`,
    exits === '' ? '' : `Exit: ${wrapped(exits, COLUMNS - 6, 6)}`,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}
