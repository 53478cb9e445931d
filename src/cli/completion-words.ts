/** What can follow each command on the command line, from the specifications of the commands. */

import type { CommandTable } from './command.ts';
import { listed, type NamedCommand } from './help-text.ts';
import { optionsOf, type Takes } from './spec.ts';

/** A command, or a subcommand with the command before it. */
export interface CommandWords {
  /** `policy`, `policy use` */
  readonly name: string;
  readonly summary: string;
  /** Words that must come first, e.g. `start`, `stop`. */
  readonly subcommands: readonly string[];
  /** Long options with their dashes, and what each takes. Undefined: no value. */
  readonly options: ReadonlyMap<string, Takes | undefined>;
  /** The operands, place by place. The last may be repeated. */
  readonly positionals: readonly Takes[];
  readonly repeated: boolean;
}

async function wordsOf([name, command]: NamedCommand): Promise<readonly CommandWords[]> {
  const { summary, subcommands = {}, positionals = [] } = command;
  const below = await listed(subcommands);
  const options = Object.entries(optionsOf(command)).map(
    ([option, { takes }]) => [`--${option}`, takes] as const,
  );
  const own: CommandWords = {
    ...{ name, summary, subcommands: below.map(([word]) => word) },
    options: new Map([...options, ['--help', undefined]]),
    positionals: positionals.map(({ takes }) => takes),
    repeated: positionals.at(-1)?.repeated === true,
  };
  const rows = below.map(([word, spec]) => wordsOf([`${name} ${word}`, spec]));
  return [own, ...(await Promise.all(rows)).flat()];
}

/** Returns everything that the listed commands take. `command` becomes their names. */
export async function completionWords(commands: CommandTable): Promise<readonly CommandWords[]> {
  const top = await listed(commands);
  const names = [...top.map(([name]) => name), 'settings'];
  const all = (await Promise.all(top.map(wordsOf))).flat();
  return all.map((each) => ({
    ...each,
    positionals: each.positionals.map((takes) => (takes === 'command' ? names : takes)),
  }));
}
