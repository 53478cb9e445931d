/** How a command and its options are called, in a line. */

import type { ExitCode } from '../errors.ts';
import type { ArgumentSpec, CommandSpec, OptionSpec, PositionalSpec, Takes } from './spec.ts';

/** Help is that wide. */
export const COLUMNS = 80;

const PLACEHOLDERS: Readonly<Record<Extract<Takes, string>, string>> = {
  file: 'FILE',
  directory: 'DIR',
  revision: 'REV',
  tag: 'TAG',
  command: 'COMMAND',
  text: 'VALUE',
};

/** Returns what help shows for the value of an option, with the blank before it: ` FILE`, ` text|json`. A switch has none. */
export function valueText({ takes, value }: OptionSpec): string {
  if (takes === undefined) return '';
  if (typeof takes !== 'string') return ` ${value ?? takes.join('|')}`;
  return ` ${value ?? PLACEHOLDERS[takes]}`;
}

function positional({ name, optional, repeated }: PositionalSpec): string {
  const one = optional ? `[${name}]` : name;
  return repeated ? `${one}…` : one;
}

/** `[--a | --b]`, where only one of them may be given. */
function optionWords({ options = {}, exclusive = [] }: ArgumentSpec): readonly string[] {
  const text = (name: string): string =>
    `--${name}${options[name] ? valueText(options[name]) : ''}`;
  const names = Object.keys(options);
  return names.flatMap((name) => {
    const together = exclusive.find((each) => each.includes(name)) ?? [name];
    return name === together[0] ? [`[${together.map(text).join(' | ')}]`] : [];
  });
}

/** `git signet show [REV] [--format …]`: with its options where they fit into the line. */
export function usageOf(name: string, spec: ArgumentSpec): string {
  const words = (spec.positionals ?? []).map(positional);
  const rest = spec.rest === undefined ? [] : [`-- ${spec.rest}`.replace('-- [', '[-- ')];
  const shared = spec.shared === undefined ? [] : [`[options of ${spec.shared.command}]`];
  const line = (options: readonly string[]): string =>
    ['git signet', name, ...words, ...options, ...shared, ...rest].join(' ').replace(/ +/g, ' ');
  const all = optionWords(spec);
  const whole = line(all);
  return whole.length <= COLUMNS ? whole : line(['[options]']);
}

/** Text in lines of that many columns, each but the first after `indent` blanks. */
export function wrapped(text: string, columns: number, indent = 0): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && `${line} ${word}`.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}

/** What the exit codes mean, whatever the command. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'ok',
  1: 'refused',
  2: 'usage or configuration',
  3: 'undecided',
  4: 'login failed',
  5: 'unsigned',
  6: 'not allowed',
  70: 'a bug',
};

/** `0 ok, 1 refused` */
export function exitsOf(exits: CommandSpec['exits'] = {}): string {
  return Object.entries(exits)
    .map(([code, meaning]) => `${code} ${meaning}`)
    .join(', ');
}
