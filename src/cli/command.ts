/** A command as a value: its specification, and what it does. */

import type { ExitCode } from '../errors.ts';
import type { Invocation } from '../system/invocation.ts';
import type { CommandSpec, ParsedArguments } from './spec.ts';

/** Commands by name, as they are listed. Each is loaded when it is needed. */
export type CommandTable = Readonly<Record<string, () => Promise<{ readonly command: Command }>>>;

/** `commands`: all there are, for those that speak of the others. */
export type Run = (
  args: ParsedArguments,
  invocation: Invocation,
  commands: CommandTable,
) => ExitCode | Promise<ExitCode>;

/** One that runs, or one that is nothing without one of its subcommands. */
export interface Command extends CommandSpec {
  readonly run?: Run;
  /** It is mostly over before compiled code would pay. If a run is long, the command has it compiled itself. */
  readonly brief?: true;
  readonly subcommands?: CommandTable;
}

/** A row for a command that stands in the same file as its table. */
export const loaded = (command: Command) => async () => ({ command });
