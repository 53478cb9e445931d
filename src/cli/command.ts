/** What a command is. */

import type { ExitCode } from '../errors.ts';
import type { Invocation } from '../system/invocation.ts';

/** The commands by name, as they are listed. */
export type CommandTable = Readonly<Record<string, TableEntry>>;

/** `commands`: all there are, for those that speak of the others. */
export type Command = (invocation: Invocation, commands: CommandTable) => Promise<ExitCode>;

/** What a command's module exports: `run`, and the text of its `--help`. */
export interface CommandModule {
  readonly run: Command;
  readonly help: string;
}

/** A row of the table of commands. */
export interface TableEntry {
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
  /** Started by this program itself: not listed. */
  readonly internal?: true;
}
