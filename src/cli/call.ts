/** From words to a command, its help, or its run. */

import { closest } from '../core/closest.ts';
import { ExitCode, UsageError } from '../errors.ts';
import type { Invocation } from '../system/invocation.ts';
import { writePage } from '../system/layout.ts';
import { parseArguments } from './arguments.ts';
import type { Command, CommandTable } from './command.ts';
import { helpOf } from './help-text.ts';

interface Found {
  /** As it is called: `policy use`. */
  readonly name: string;
  readonly command: Command;
  readonly rest: readonly string[];
}

const loader = (commands: CommandTable, word: string) =>
  Object.hasOwn(commands, word) ? commands[word] : undefined;

/** The command that the words begin with, and its subcommand if one is named. @throws UsageError for a word that is no command */
export async function findCommand(
  words: readonly string[],
  commands: CommandTable,
): Promise<Found> {
  const [word = '', ...rest] = words;
  const load = loader(commands, word);
  if (load === undefined) throw unknownCommand(word, commands);
  const { command } = await load();
  const [next] = rest;
  const { subcommands } = command;
  if (subcommands === undefined || next === undefined || loader(subcommands, next) === undefined) {
    return { name: word, command, rest };
  }
  const below = await findCommand(rest, subcommands);
  const { exits = command.exits } = below.command;
  const inherited = exits === undefined ? below.command : { ...below.command, exits };
  return { ...below, name: `${word} ${below.name}`, command: inherited };
}

/** Words that people know from other programs, and what means the same here. */
export const BY_MEANING: Readonly<Record<string, string>> = {
  whoami: 'status',
  'verify-commit': 'verify',
  check: 'verify',
  gate: 'verify',
  audit: 'verify',
  signin: 'login',
  auth: 'login',
  signout: 'logout',
  setup: 'init',
  install: 'init',
  uninstall: 'init --undo',
  account: 'use',
  switch: 'use',
  inspect: 'show',
  explain: 'policy explain',
  update: 'trust update',
  diagnose: 'doctor',
};

/** The error for a word that is no command (F2: never exit 0). A word's meaning counts more than its letters. */
function unknownCommand(name: string, commands: CommandTable): UsageError {
  const meant = Object.hasOwn(BY_MEANING, name) ? BY_MEANING[name] : undefined;
  const near = meant ?? closest(name, Object.keys(commands));
  const hint = near === undefined ? 'run: git signet help' : `did you mean: git signet ${near}`;
  return new UsageError(`unknown command '${name}'`, { hint });
}

/** What a command that is nothing without a subcommand says. */
function whichOf({ name, command, rest }: Found): UsageError {
  const words = Object.keys(command.subcommands ?? {});
  const [word] = rest;
  const near = word === undefined ? undefined : closest(word, words);
  const hint =
    near === undefined
      ? `run: git signet help ${name}`
      : `did you mean: git signet ${name} ${near}`;
  const what = word === undefined ? `${name}: what?` : `${name} ${word}: no such command`;
  return new UsageError(what, { hint });
}

/** `--help`, wherever it stands before `--`. */
function wantsHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  const options = end < 0 ? words : words.slice(0, end);
  return options.includes('--help') || options.includes('-h');
}

/** Does what the words call for. @throws UsageError for words that cannot be read, and what the command throws */
export async function call(
  found: Found,
  invocation: Invocation,
  commands: CommandTable,
): Promise<ExitCode> {
  const { name, command, rest } = found;
  if (wantsHelp(rest)) {
    writePage(invocation.streams, await helpOf([name, command]));
    return ExitCode.ok;
  }
  if (command.run === undefined) throw whichOf(found);
  return command.run(parseArguments(rest, command, name), invocation, commands);
}
